"""The machine's state, read from files of its own making."""

from __future__ import annotations

from pathlib import Path

import pytest

from adbench.bench import machine as module
from adbench.bench.machine import machine


@pytest.fixture
def cpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(module, "_CPUS", tmp_path)
    monkeypatch.setattr("os.getloadavg", lambda: (0.1, 0.2, 0.3))
    return tmp_path


def give(cpus: Path, *governors: str) -> None:
    for core, governor in enumerate(governors):
        folder = cpus / f"cpu{core}" / "cpufreq"
        folder.mkdir(parents=True)
        (folder / "scaling_governor").write_text(f"{governor}\n")


def test_a_steady_and_idle_machine(cpus: Path) -> None:
    give(cpus, "performance", "performance")
    found = machine()
    assert (found.governor, found.load, found.warnings) == ("performance", (0.1, 0.2, 0.3), ())


def test_a_governor_that_changes_clocks_is_a_warning(cpus: Path) -> None:
    give(cpus, "performance", "powersave")
    found = machine()
    assert found.governor == "performance,powersave"
    assert "clocks change" in found.warnings[0]


def test_a_virtual_machine_tells_no_governor(cpus: Path) -> None:
    assert machine().governor is None
    assert machine().warnings == ()


def test_a_busy_machine_is_a_warning(cpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.getloadavg", lambda: (1.8, 0.2, 0.3))
    assert "load 1.8" in machine().warnings[0]


def test_a_system_without_load(cpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> tuple[float, ...]:
        raise OSError

    monkeypatch.setattr("os.getloadavg", refuse)
    assert machine().load == ()


def test_the_allocator_and_its_settings(
    cpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    maps = tmp_path / "maps"
    maps.write_text("7f00-7f01 r-xp 00000000 00:00 0 /usr/lib/libjemalloc.so.2\n")
    monkeypatch.setattr(module, "_MAPS", maps)
    monkeypatch.setenv("MALLOC_ARENA_MAX", "1")
    found = machine().allocator
    assert found["replaced by"] == "jemalloc"
    assert found["MALLOC_ARENA_MAX"] == "1"
