"""The building blocks against PyTorch's own modules."""

from itertools import pairwise

import numpy as np
import pytest


@pytest.fixture
def module(functions):
    return functions("deep_learning")


def assert_close(ours, theirs):
    np.testing.assert_allclose(ours, theirs.detach().numpy(), rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("activation", ["tanh", "relu", "silu"])
def test_mlp_loss(module, torch, rng, activation):
    sizes = [3, 5, 4, 6]
    layers = [
        {"weight": rng.normal(size=(m, n)), "bias": rng.normal(size=n)} for m, n in pairwise(sizes)
    ]
    x, labels = rng.normal(size=(7, 3)), rng.integers(6, size=7)

    signal = torch.tensor(x)
    for i, layer in enumerate(layers):
        weight, bias = torch.tensor(layer["weight"].T), torch.tensor(layer["bias"])
        signal = torch.nn.functional.linear(signal, weight, bias)
        if i < len(layers) - 1:
            signal = getattr(torch.nn.functional, activation)(signal)
    expected = torch.nn.functional.cross_entropy(signal, torch.tensor(labels))

    assert_close(module.mlp_loss(layers, x, labels, activation=activation), expected)


def test_gradient_of_the_cross_entropy(module, gradients, rng):
    """For one linear layer ∂/∂bias is the mean of softmax(z) − onehot(label)."""
    x, labels = rng.normal(size=(5, 2)), np.array([0, 2, 1, 1, 2])
    weight, bias = rng.normal(size=(2, 3)), rng.normal(size=3)
    logits = x @ weight + bias
    excess = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True) - np.eye(3)[labels]

    def loss(weight, bias, x):
        layers = [{"weight": weight, "bias": bias}]
        return module.mlp_loss(layers, x, labels)

    by_weight, by_bias, _ = gradients(loss, weight, bias, x)
    np.testing.assert_allclose(by_bias, excess.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(by_weight, x.T @ excess / 5, rtol=1e-12)


@pytest.mark.parametrize("kernel_size", [(3, 2), (1, 1), (2, 4)])
def test_convolve(module, torch, jax, rng, kernel_size):
    image, kernel = rng.normal(size=(2, 3, 5, 6)), rng.normal(size=(4, 3, *kernel_size))
    theirs = torch.nn.functional.conv2d(torch.tensor(image), torch.tensor(kernel))
    assert_close(module.convolve(image, kernel), theirs)
    assert_close(module.convolve_jax(image, kernel), theirs)
    assert torch.equal(module.convolve_torch(torch.tensor(image), torch.tensor(kernel)), theirs)


def test_convolution_block(module, torch, rng):
    image, kernel = rng.normal(size=(2, 3, 6, 8)), rng.normal(size=(4, 3, 3, 3))
    scale, shift = rng.uniform(0.5, 1.5, size=4), rng.normal(size=4)
    F = torch.nn.functional
    features = F.conv2d(torch.tensor(image), torch.tensor(kernel))
    normal = F.batch_norm(
        features, None, None, torch.tensor(scale), torch.tensor(shift), training=True
    )
    expected = F.avg_pool2d(F.relu(normal), 2)
    assert_close(module.convolution_block(image, kernel, scale, shift), expected)


def test_max_pool_block(module, torch, rng):
    image, kernel = rng.normal(size=(2, 3, 6, 8)), rng.normal(size=(4, 3, 3, 3))
    features = torch.nn.functional.conv2d(torch.tensor(image), torch.tensor(kernel))
    expected = torch.nn.functional.max_pool2d(features, 2)
    assert_close(module.max_pool_block(image, kernel), expected)


def test_attention(module, torch, rng):
    query, key, value = rng.normal(size=(3, 2, 5, 4))
    expected = torch.nn.functional.scaled_dot_product_attention(
        *map(torch.tensor, (query, key, value)), is_causal=True
    )
    assert_close(module.attention(query, key, value), expected)


def test_attention_block(module, torch, rng):
    """nn.MultiheadAttention on a normalised input, with no biases and a causal mask."""
    time, width, heads = 5, 6, 3
    x = rng.normal(size=(time, width))
    weights = {k: rng.normal(size=(width, width)) for k in ("query", "key", "value", "output")}
    norm = {"scale": rng.normal(size=width), "shift": rng.normal(size=width)}

    mha = torch.nn.MultiheadAttention(width, heads, bias=False, dtype=torch.float64)
    with torch.no_grad():
        columns = [weights[k].T for k in ("query", "key", "value")]
        mha.in_proj_weight.copy_(torch.tensor(np.concatenate(columns)))
        mha.out_proj.weight.copy_(torch.tensor(weights["output"].T))
    normed = torch.nn.functional.layer_norm(
        torch.tensor(x), (width,), torch.tensor(norm["scale"]), torch.tensor(norm["shift"])
    )
    hidden = torch.ones(time, time, dtype=torch.bool).triu(1)
    attended, _ = mha(normed, normed, normed, attn_mask=hidden, need_weights=False)

    ours = module.attention_block(x, weights, norm, heads=heads)
    assert_close(ours, torch.tensor(x) + attended)


def test_lstm(module, torch, rng):
    time, batch, features, units = 4, 3, 2, 5
    sequence = rng.normal(size=(time, batch, features))
    hidden, cell = rng.normal(size=(2, batch, units))
    weights = {
        "input": rng.normal(size=(features, 4 * units)),
        "hidden": rng.normal(size=(units, 4 * units)),
        "bias": rng.normal(size=4 * units),
    }
    lstm = torch.nn.LSTM(features, units, dtype=torch.float64)
    with torch.no_grad():
        lstm.weight_ih_l0.copy_(torch.tensor(weights["input"].T))
        lstm.weight_hh_l0.copy_(torch.tensor(weights["hidden"].T))
        lstm.bias_ih_l0.copy_(torch.tensor(weights["bias"]))
        lstm.bias_hh_l0.zero_()
    start = torch.tensor(hidden)[None], torch.tensor(cell)[None]
    expected, (_, last_cell) = lstm(torch.tensor(sequence), start)

    outputs, ours = module.lstm(sequence, hidden, cell, weights)
    assert_close(outputs, expected)
    assert_close(ours, last_cell[0])
