"""What git knows: which files differ from a revision, and which code is checked out."""

from __future__ import annotations

import hashlib
import os
import subprocess
from pathlib import Path

from adbench.record.environment import git_revision

_SECONDS = 60.0


class RevisionError(ValueError):
    """A revision, or a repository, that is not there; the message says what to do."""


def toplevel(folder: Path) -> Path:
    """The root of the working tree that `folder` is in. Raises RevisionError."""
    try:
        return Path(_git(folder, "rev-parse", "--show-toplevel").strip()).resolve()
    except subprocess.CalledProcessError:
        raise RevisionError(
            f"{folder} is not in a git repository; --changed-since needs one: leave it out to run "
            "everything"
        ) from None


def changed_files(folder: Path, revision: str) -> set[Path]:
    """The files (absolute) that differ from `revision` in the working tree of `folder`.

    What is not committed and what git does not follow yet count as changed; so do both names of a
    file that was renamed. Raises RevisionError.
    """
    root = toplevel(folder)
    try:
        commit = _git(root, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}").strip()
    except subprocess.CalledProcessError:
        raise RevisionError(
            f"--changed-since: there is no revision {revision!r} in {root.name}; fetch it "
            f"(git fetch origin {revision}; in a CI checkout, fetch-depth: 0), or name another"
        ) from None
    differing = _git(root, "diff", "--name-only", "--no-renames", "-z", commit, "--")
    untracked = _git(root, "ls-files", "--others", "--exclude-standard", "-z")
    return {root / name for name in (differing + untracked).split("\0") if name}


def code_of(folder: Path) -> str | None:
    """The revision that is checked out, with a digest of what differs from it; None without git."""
    revision = git_revision(folder)
    if revision is None or not revision.endswith("-dirty"):
        return revision
    try:
        diff = _git(folder, "diff", "--no-ext-diff", "--binary", "HEAD", "--")
    except subprocess.CalledProcessError:  # no commit yet
        return revision
    digest = hashlib.sha256(diff.encode("utf-8", errors="surrogateescape"))
    return f"{revision}-{digest.hexdigest()[:12]}"


def _git(folder: Path, *arguments: str) -> str:
    """What git prints. Raises CalledProcessError, and RevisionError where git cannot be run."""
    try:
        done = subprocess.run(
            ["git", *arguments],
            cwd=folder,
            env=os.environ | {"GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SECONDS,
            check=True,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise RevisionError(f"git cannot be run here ({error}); install it") from error
    return done.stdout.decode("utf-8", errors="surrogateescape")
