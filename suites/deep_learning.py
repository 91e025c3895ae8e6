"""Building blocks of neural networks, each a loss or a layer of a few lines."""

import math

from array_api_compat import array_namespace, device


def mlp_loss(layers, x, labels, *, activation="tanh"):
    """Mean softmax cross-entropy of a multilayer perceptron: mean(ln Σ e^z − z_label).

    layers: a list of {"weight": (m, n), "bias": (n,)}; x (batch, features); labels (batch,).
    """
    xp = array_namespace(x)
    for layer in layers[:-1]:
        x = ACTIVATIONS[activation](x @ layer["weight"] + layer["bias"])
    logits = x @ layers[-1]["weight"] + layers[-1]["bias"]
    chosen = logits[xp.arange(labels.shape[0], device=device(x)), labels]
    return xp.mean(log_sum_exp(logits) - chosen)


def convolution_block(image, kernel, scale, shift):
    """Convolution, normalisation over each channel, ReLU and 2×2 mean pooling.

    image (batch, channels, height, width); kernel (out, channels, 3, 3), no padding; scale and
    shift (out,). As libraries have it, the "convolution" does not flip its kernel.
    """
    xp = array_namespace(image, kernel)
    features = convolve(image, kernel)
    mean = xp.mean(features, axis=(0, 2, 3), keepdims=True)
    variance = xp.var(features, axis=(0, 2, 3), keepdims=True)
    normal = (features - mean) / xp.sqrt(variance + 1e-5)
    active = xp.maximum(normal * scale[:, None, None] + shift[:, None, None], 0)
    batch, channels, height, width = active.shape
    tiles = xp.reshape(active, (batch, channels, height // 2, 2, width // 2, 2))
    return xp.mean(tiles, axis=(3, 5))


def max_pool_block(image, kernel):
    """Convolution and 2×2 maximum pooling; shapes as in `convolution_block`."""
    xp = array_namespace(image, kernel)
    features = convolve(image, kernel)
    batch, channels, height, width = features.shape
    tiles = xp.reshape(features, (batch, channels, height // 2, 2, width // 2, 2))
    return xp.max(tiles, axis=(3, 5))


def convolve(image, kernel):
    """Σ_cij image[b, c, y+i, x+j]·kernel[o, c, i, j], one matrix product a kernel element."""
    xp = array_namespace(image, kernel)
    rows, columns = kernel.shape[-2:]
    height, width = image.shape[-2] - rows + 1, image.shape[-1] - columns + 1
    total = 0
    for i in range(rows):
        for j in range(columns):
            window = image[:, :, i : i + height, j : j + width]
            total = total + xp.tensordot(kernel[:, :, i, j], window, axes=((1,), (1,)))
    return xp.permute_dims(total, (1, 0, 2, 3))


def convolve_torch(image, kernel):
    """`convolve` by PyTorch's own convolution."""
    import torch

    return torch.nn.functional.conv2d(image, kernel)


def convolve_jax(image, kernel):
    """`convolve` by XLA's own convolution."""
    import jax

    return jax.lax.conv_general_dilated(image, kernel, window_strides=(1, 1), padding="VALID")


def attention_block(x, weights, norm, *, heads=2):
    """Pre-norm causal self-attention with a residual: x + MHA(LayerNorm(x)).

    softmax(QKᵀ/√d + mask)V in each head (Vaswani et al. 2017, arXiv:1706.03762). x (time,
    width); weights: query, key, value, output, each (width, width); norm: scale and shift
    (width,).
    """
    xp = array_namespace(x)
    time, width = x.shape
    normed = layer_norm(x, norm["scale"], norm["shift"])

    def split_heads(projection):
        return xp.permute_dims(xp.reshape(projection, (time, heads, -1)), (1, 0, 2))

    query = split_heads(normed @ weights["query"])
    key = split_heads(normed @ weights["key"])
    value = split_heads(normed @ weights["value"])
    attended = attention(query, key, value)
    merged = xp.reshape(xp.permute_dims(attended, (1, 0, 2)), (time, width))
    return x + merged @ weights["output"]


def attention(query, key, value):
    """Causal scaled dot-product attention on (heads, time, depth)."""
    xp = array_namespace(query, key, value)
    time, depth = query.shape[-2:]
    scores = query @ key.mT / math.sqrt(depth)
    visible = xp.tril(xp.ones((time, time), dtype=xp.bool, device=device(query)))
    scores = xp.where(visible, scores, -math.inf)
    weights = xp.exp(scores - xp.max(scores, axis=-1, keepdims=True))
    return weights / xp.sum(weights, axis=-1, keepdims=True) @ value


def layer_norm(x, scale, shift):
    """(x − mean)/√(var + 10⁻⁵)·scale + shift along the last axis (arXiv:1607.06450)."""
    xp = array_namespace(x)
    mean = xp.mean(x, axis=-1, keepdims=True)
    variance = xp.var(x, axis=-1, keepdims=True)
    return (x - mean) / xp.sqrt(variance + 1e-5) * scale + shift


def lstm(sequence, hidden, cell, weights):
    """An LSTM cell over time (Hochreiter and Schmidhuber 1997, with forget gates): outputs.

    sequence (time, batch, inputs); hidden and cell (batch, units); weights: input (inputs,
    4·units), hidden (units, 4·units), bias (4·units,), gates in the order i, f, g, o. Returns
    the hidden states (time, batch, units) and the last cell state.
    """
    xp = array_namespace(sequence, hidden, cell)
    units = hidden.shape[-1]
    outputs = []
    for x in xp.unstack(sequence):
        gates = x @ weights["input"] + hidden @ weights["hidden"] + weights["bias"]
        i, f, g, o = (gates[:, k * units : (k + 1) * units] for k in range(4))
        cell = sigmoid(f) * cell + sigmoid(i) * xp.tanh(g)
        hidden = sigmoid(o) * xp.tanh(cell)
        outputs.append(hidden)
    return xp.stack(outputs), cell


def sigmoid(x):
    """1/(1 + e⁻ˣ) = ½(1 + tanh(x/2)), which does not overflow."""
    xp = array_namespace(x)
    return (1 + xp.tanh(x / 2)) / 2


def log_sum_exp(x):
    """ln Σ eˣ along the last axis, shifted by the maximum."""
    xp = array_namespace(x)
    shift = xp.max(x, axis=-1, keepdims=True)
    return xp.log(xp.sum(xp.exp(x - shift), axis=-1)) + shift[..., 0]


def _tanh(x):
    return array_namespace(x).tanh(x)


def _relu(x):
    return array_namespace(x).maximum(x, 0)


def _silu(x):
    return x * sigmoid(x)


ACTIVATIONS = {"tanh": _tanh, "relu": _relu, "silu": _silu}
