"""What a gradient costs in time and memory: measuring, statistics and the proof of fairness."""
