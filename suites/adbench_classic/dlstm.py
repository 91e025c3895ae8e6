"""LSTM: ADBench's character model with diagonal weights ("D-LSTM").

Source: F. Srajer, Z. Kukelova, A. Fitzgibbon, *A benchmark of selected algorithmic
differentiation tools on some problems in computer vision and machine learning* (2018), and
ADBench's definition of the objective.
"""

from array_api_compat import array_namespace


def loss(main, extra, state, sequence):
    """−Σₜ xₜ₊₁·(yₜ − ln(2 + Σ exp yₜ)) / ((c − 1)b), the mean log loss of the next character.

    Shapes, for l layers, b bits and c characters: main (2l, 4b), a layer's weights and then its
    biases, gates in the order forget, input, output, change; extra (3, b), the input's weight,
    the output's weight and bias; state (2l, b), a layer's hidden and then its cell state;
    sequence (c, b) of zeros and ones.
    """
    xp = array_namespace(main, extra, state, sequence)
    characters, bits = sequence.shape
    layers = main.shape[0] // 2
    parameters = [(_gates(main[2 * i]), _gates(main[2 * i + 1])) for i in range(layers)]
    states = [(state[2 * i], state[2 * i + 1]) for i in range(layers)]
    input_weight, output_weight, output_bias = extra[0], extra[1], extra[2]

    total = 0
    for t in range(characters - 1):
        signal = sequence[t] * input_weight
        for layer, (weights, biases) in enumerate(parameters):
            hidden, cell = states[layer]
            hidden, cell = _step(signal, hidden, cell, weights, biases)
            states[layer] = hidden, cell
            signal = hidden
        y = signal * output_weight + output_bias
        log_normaliser = xp.log(2 + xp.sum(xp.exp(y)))
        total = total + xp.sum(sequence[t + 1] * (y - log_normaliser))
    return -total / ((characters - 1) * bits)


def _gates(row):
    """A row of 4b parameters -> its four gates, (4, b)."""
    xp = array_namespace(row)
    return xp.reshape(row, (4, -1))


def _step(signal, hidden, cell, weights, biases):
    """One layer: f, o and the change gate see weights ⊙ signal or ⊙ hidden as ADBench has it."""
    xp = array_namespace(signal)
    forget = _sigmoid(signal * weights[0] + biases[0])
    ingate = _sigmoid(hidden * weights[1] + biases[1])
    outgate = _sigmoid(signal * weights[2] + biases[2])
    change = xp.tanh(hidden * weights[3] + biases[3])
    cell = cell * forget + ingate * change
    return outgate * xp.tanh(cell), cell


def _sigmoid(x):
    xp = array_namespace(x)
    return 1 / (1 + xp.exp(-x))
