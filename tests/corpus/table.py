"""Runs the checkers over the corpus and writes TABLE.md: found, missed, accused, inconclusive.

    python tests/corpus/table.py [--backend torch ...] [--seeds 20] [--peer-seeds 3] [-k TEXT]
                                 [--checker NAME ...] [--jobs 2] [--write] [--explain]

A bug counts as found only where its fixed twin passes the same check ("undiscriminated" where
it does not), and over several seeds only when every seed finds it. A right function counts as
accused when any seed accuses it, and as raised when the check stops with an exception that is
no judgement; for a bug and its twin an exception is as red as a failure.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
import warnings
from collections import Counter, defaultdict
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).parents[1]))

from corpus import catalogue
from corpus.baselines import CHECKERS, Checker, Question, ask, named_rightly, said_of
from corpus.entry import BACKENDS, BackendName, Bug, Hard, make_inputs

HERE = Path(__file__).parent
RED = ("fail", "error")


@dataclass(frozen=True)
class Row:
    """One entry on one backend under one checker, over all seeds."""

    entry: str
    backend: str
    kind: str
    text: str
    checker: str
    outcome: str
    seconds: float


def judge_bug(buggy: list[str], fixed: list[str]) -> str:
    """`found`, `missed`, `undiscriminated`, `inconclusive` or `n/a`, over the seeds' answers."""
    if "n/a" in buggy:
        return "n/a"
    if all(answer in RED for answer in buggy):
        return "found" if not any(answer in RED for answer in fixed) else "undiscriminated"
    if "pass" in buggy:
        return "missed"
    return "inconclusive"


def judge_hard(answers: list[str]) -> str:
    """`right`, `accused`, `raised`, `inconclusive` or `n/a`, over the seeds' answers."""
    if "n/a" in answers:
        return "n/a"
    if "fail" in answers:
        return "accused"
    if "error" in answers:
        return "raised"
    return "inconclusive" if "inconclusive" in answers else "right"


def run_bug(checker: Checker, bug: Bug, seeds: int) -> Row:
    """Ask about a bug and its twin; where a search would be needed, at the place it would find."""
    start = time.perf_counter()
    answers: dict[str, list[str]] = {"buggy": [], "fixed": []}
    for seed in range(seeds):
        inputs = make_inputs(bug, seed)
        for which, function in (("buggy", bug.buggy), ("fixed", bug.fixed)):
            answers[which].append(ask(checker, Question(bug, bug.backend, function, inputs, seed)))
    outcome = judge_bug(answers["buggy"], answers["fixed"])
    if any(answer in RED for answer in answers["fixed"]) and outcome != "undiscriminated":
        outcome += ", twin accused"
    seconds = (time.perf_counter() - start) / (2 * seeds)
    kind = "bug, search" if bug.reach == "search" else "bug"
    return Row(
        bug.id,
        bug.backend,
        kind,
        f"*{bug.category}*: {bug.description}",
        checker.name,
        outcome,
        seconds,
    )


def run_hard(checker: Checker, entry: Hard, backend: BackendName, seeds: int) -> Row:
    """Ask about a right function."""
    start = time.perf_counter()
    answers = [
        ask(
            checker,
            Question(entry, backend, entry.on(backend), make_inputs(entry, seed), seed),
        )
        for seed in range(seeds)
    ]
    seconds = (time.perf_counter() - start) / seeds
    name = f"{backend}/{entry.id}"
    return Row(name, backend, "hard", entry.why, checker.name, judge_hard(answers), seconds)


@dataclass(frozen=True)
class Plan:
    """Which checkers are asked, and with how many seeds: adbench, and its peers."""

    seeds: int
    peer_seeds: int
    checkers: tuple[str, ...] = ()
    progress: bool = True

    def rows(self, backend: BackendName, label: str) -> list[Row]:
        """One entry under every selected checker of its backend."""
        (entry,) = (e for e in _entries(backend) if _label(e, backend) == label)
        rows = []
        for checker in CHECKERS:
            if backend not in checker.backends:
                continue
            if self.checkers and not any(name in checker.name for name in self.checkers):
                continue
            seeds = self.seeds if checker.name == "adbench" else self.peer_seeds
            if isinstance(entry, Bug):
                row = run_bug(checker, entry, seeds)
            else:
                row = run_hard(checker, entry, backend, seeds)
            rows.append(row)
            if self.progress and row.outcome not in ("found", "right", "n/a"):
                print(f"{row.checker:27} {row.entry:45} {row.outcome}", file=sys.stderr)
        return rows


def _entries(backend: BackendName) -> list[Bug | Hard]:
    return [*catalogue.bugs(backend), *catalogue.hards(backend)]


def _label(entry: Bug | Hard, backend: str) -> str:
    return entry.id if isinstance(entry, Bug) else f"{backend}/{entry.id}"


def run(backends: list[BackendName], text: str, plan: Plan, jobs: int) -> list[Row]:
    """Every selected entry under its checkers, in the catalogue's order."""
    asked = [
        (backend, label)
        for backend in backends
        for entry in _entries(backend)
        if text in (label := _label(entry, backend))
    ]
    if jobs == 1 or len(asked) < 2:
        return [row for backend, label in asked for row in plan.rows(backend, label)]
    # Started anew, since a fork of a process that has loaded JAX may hang.
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        done = [pool.submit(plan.rows, backend, label) for backend, label in asked]
        return [row for future in done for row in future.result()]


def _share(count: int, total: int) -> str:
    return f"{count}/{total}" if total else "–"


def summary(rows: list[Row]) -> str:
    """One line a checker and backend, as Markdown."""
    groups: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        groups[row.checker, row.backend].append(row)
    lines = [
        "| checker | backend | found | needs search | undisc. | missed | inconclusive bugs "
        "| right functions accused | raised | inconclusive | twins accused | median time |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for (checker, backend), members in groups.items():
        bugs = [r for r in members if r.kind == "bug" and r.outcome != "n/a"]
        search = [r for r in members if r.kind == "bug, search" and r.outcome != "n/a"]
        hard = [r for r in members if r.kind == "hard" and r.outcome != "n/a"]
        count = Counter(r.outcome.split(",")[0] for r in bugs)
        hard_count = Counter(r.outcome for r in hard)
        twins = sum("twin" in r.outcome or r.outcome == "undiscriminated" for r in bugs + search)
        median = float(np.median([r.seconds for r in members]))
        lines.append(
            f"| {checker} | {backend} | {_share(count['found'], len(bugs))} "
            f"| {_share(sum(r.outcome == 'found' for r in search), len(search))} "
            f"| {count['undiscriminated']} | {count['missed']} | {count['inconclusive']} "
            f"| {_share(hard_count['accused'], len(hard))} | {hard_count['raised']} "
            f"| {hard_count['inconclusive']} "
            f"| {twins} | {1e3 * median:.3g} ms |"
        )
    return "\n".join(lines)


def _matrix(rows: list[Row], kind: str) -> list[str]:
    lines = []
    for backend in dict.fromkeys(row.backend for row in rows):
        members = [r for r in rows if r.backend == backend and r.kind.startswith(kind)]
        if not members:
            continue
        checkers = list(dict.fromkeys(r.checker for r in members))
        lines += ["", f"### {backend}", "", "| entry | what | " + " | ".join(checkers) + " |"]
        lines.append("|---|---|" + "---|" * len(checkers))
        by_entry: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
        for row in members:
            mark = " (search)" if row.kind == "bug, search" else ""
            text = row.text.replace("|", "\\|")
            by_entry[row.entry.split("/", 1)[1] + mark, text][row.checker] = row.outcome
        for (entry, text), outcomes in by_entry.items():
            answers = " | ".join(outcomes[c] for c in checkers)
            lines.append(f"| {entry} | {text} | {answers} |")
    return lines


def document(rows: list[Row], plan: Plan) -> str:
    """The whole of TABLE.md."""
    return "\n".join(
        [
            "# The corpus under the field's gradient checkers",
            "",
            f"Made by `make bench-check SEEDS={plan.seeds}`: adbench is asked with {plan.seeds} "
            f"seed(s), its peers with {plan.peer_seeds}.",
            "Every checker runs with its library's defaults. *Found*: the bug is red for every",
            "seed and its fixed twin for none. *Undisc.*: the twin is red as well. *Missed*: green",
            "for some seed. *Accused*: a right function is red for some seed. *Raised*: the check",
            "raised an exception that is no judgement (for a bug, that counts as red).",
            "*Needs search*: bugs in a region that no small change of the given point",
            "reaches, asked about at the given point. *n/a*: too large for a check that goes",
            "element by element. JAX is asked for reverse mode alone where a `custom_vjp` has no",
            "forward mode; autograd is asked about the hand-written gradients, and about the right",
            "functions of `native`.",
            "",
            "## Summary",
            "",
            summary(rows),
            "",
            "## Bugs",
            *_matrix(rows, "bug"),
            "",
            "## Right functions",
            *_matrix(rows, "hard"),
            "",
        ]
    )


def explain(backends: list[BackendName], text: str) -> str:
    """How many bugs adbench diagnoses as a person would, and what it says of the others."""
    named, lines = 0, []
    for backend in backends:
        for bug in (b for b in catalogue.bugs(backend) if text in b.id):
            elsewhere = bug.evidence.inputs if bug.reach == "search" else None
            inputs = make_inputs(bug, 0, elsewhere)
            said = said_of(Question(bug, backend, bug.buggy, inputs, 0))
            if named_rightly(bug, said):
                named += 1
            else:
                lines.append(f"{bug.id}: no {bug.diagnosis!r} in: {said[:1] or 'nothing'}")
    share = named / max(1, named + len(lines))
    return "\n".join([*lines, f"{named} of {named + len(lines)} ({share:.1%}) named as expected"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--backend", action="append", choices=BACKENDS, default=[])
    parser.add_argument("--seeds", type=int, default=1, help="adbench is asked with so many")
    parser.add_argument("--peer-seeds", type=int, help="the others; default: at most 3")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes")
    parser.add_argument("-k", dest="text", default="", help="only entries whose id holds TEXT")
    parser.add_argument("--checker", action="append", default=[], help="only these (substring)")
    parser.add_argument("--write", action="store_true", help="write TABLE.md")
    parser.add_argument("--quiet", action="store_true", help="no line for each that is not right")
    parser.add_argument("--explain", action="store_true", help="compare adbench's diagnoses only")
    options = parser.parse_args()
    if options.explain:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            print(explain(options.backend or list(BACKENDS), options.text))
        return
    plan = Plan(
        seeds=options.seeds,
        peer_seeds=options.peer_seeds or min(options.seeds, 3),
        checkers=tuple(options.checker),
        progress=not options.quiet,
    )
    rows = run(options.backend or list(BACKENDS), options.text, plan, options.jobs)
    if not rows:
        sys.exit("nothing was selected")
    print(summary(rows))
    if options.write:
        (HERE / "TABLE.md").write_text(document(rows, plan), encoding="utf-8")


if __name__ == "__main__":
    main()
