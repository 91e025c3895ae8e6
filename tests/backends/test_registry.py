import subprocess
import sys

import pytest

from adbench.backends import (
    BACKENDS,
    BackendUnavailableError,
    get_backend,
    parse_backend,
    registry,
    unavailable,
)


def test_parse_backend_gives_the_mode_or_the_default():
    assert parse_backend("torch:compile") == ("torch", "compile")
    assert parse_backend("torch") == ("torch", "eager")
    assert parse_backend("jax") == ("jax", "jit")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("pytorch", "did you mean 'torch'"),
        ("jx", "did you mean 'jax'"),
        ("", "known are native, torch, jax, manual"),
        ("torch:compiled", "did you mean 'compile'"),
        ("torch:", "torch has no mode ''"),
        ("jax:jit:eager", "jax has no mode 'jit:eager'"),
    ],
)
def test_an_unknown_name_or_mode_is_answered_with_the_nearest(text, message):
    with pytest.raises(ValueError, match=r"no backend|no mode") as caught:
        parse_backend(text)
    assert message in str(caught.value)


@pytest.mark.parametrize("name", BACKENDS)
def test_the_registry_and_the_adapter_name_the_same_modes(name):
    gradient = (lambda x: x) if name == "manual" else None
    backend = get_backend(name, gradient=gradient)
    assert backend.modes == BACKENDS[name].modes
    assert backend.name == name
    assert backend.mode == backend.modes[0]
    assert type(backend).unavailable() is None


def test_get_backend_refuses_an_unknown_mode():
    with pytest.raises(ValueError, match="torch has no mode 'jit'"):
        get_backend("torch", "jit")


def test_a_missing_library_names_its_install_command(monkeypatch):
    monkeypatch.setattr(registry.importlib.util, "find_spec", lambda name: None)
    missing = unavailable("torch")
    assert missing is not None
    assert missing.reason == "torch is not installed"
    assert missing.install == "pip install 'adbench-grad[torch]'"
    with pytest.raises(BackendUnavailableError, match="jax is not installed"):
        get_backend("jax")


@pytest.mark.parametrize("name", ["torch", "jax"])
def test_a_missing_cuda_device_is_said_so(name):
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is a CUDA device")
    with pytest.raises(BackendUnavailableError, match="no CUDA device"):
        get_backend(name, None, "cuda")


@pytest.mark.parametrize("name", ["torch", "jax"])
def test_an_unknown_device_is_an_error(name):
    with pytest.raises((ValueError, BackendUnavailableError), match="nonsense"):
        get_backend(name, None, "nonsense")


def test_importing_the_room_imports_no_numerical_library():
    program = (
        "import sys, adbench.backends as b; b.parse_backend('torch:compile'); "
        "b.unavailable('jax'); "
        "print([m for m in ('numpy', 'torch', 'jax', 'optree') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_lazy_names_resolve_and_others_do_not():
    import adbench.backends as room

    for name in room.__all__:
        assert getattr(room, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        room.nothing  # noqa: B018
