"""What differentiates: native, torch, jax, and hand-written gradients, behind one protocol."""
