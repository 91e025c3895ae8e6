"""A function followed step by step: its graph, its adjoints, its plan and its descent."""
