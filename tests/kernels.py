"""Code of a page run as a reader runs it: in a kernel, cell by cell, with what each cell shows."""

from __future__ import annotations

import ast
import pickle
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from jupyter_client.manager import start_new_kernel

# Seconds that one statement may take on a machine with other work.
LONGEST = 300
_IS_FIGURE = "isinstance({name}, __import__('matplotlib.figure').figure.Figure)"


@dataclass
class Statement:
    """One statement that was run: its text, the media types of each output, and what it ends in.

    `figures` are how many figures it was asked to show: itself, or those that it gave to `display`.
    """

    text: str
    shown: list[list[str]] = field(default_factory=list)
    figures: int = 0
    assigns_a_figure: bool = False

    @property
    def pictures(self) -> int:
        return sum("image/png" in types for types in self.shown)


class Kernel:
    """A kernel of its own, forked as those of the batch are; it works in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._manager, self._client = start_new_kernel(kernel_name="python3", cwd=str(folder))

    def __enter__(self) -> Kernel:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.stop_channels()
        self._manager.shutdown_kernel(now=True)

    def give(self, names: dict[str, object], file: Path) -> None:
        """Make objects known by their names; `file` carries them."""
        file.write_bytes(pickle.dumps(names))
        self._execute(f"globals().update(__import__('pickle').loads(open({str(file)!r}, 'rb').read()))", {})

    def run(self, code: str) -> Iterator[Statement]:
        """Run a block statement by statement, each as a cell; raises AssertionError with the error of one."""
        for node in ast.parse(code).body:
            text = ast.get_source_segment(code, node) or ""
            ended = Statement(text)
            if isinstance(node, ast.Expr):
                called = node.value
                if isinstance(called, ast.Call) and ast.unparse(called.func) == "display":
                    asked = {str(n): _IS_FIGURE.format(name=ast.unparse(arg)) for n, arg in enumerate(called.args)}
                    ended.shown, said = self._execute(text, asked)
                else:
                    # What is shown is the value of this statement, and it is known by a name for as long.
                    ended.shown, said = self._execute(
                        f"_ended = (\n{text}\n)\n_ended", {"0": _IS_FIGURE.format(name="_ended")}
                    )
                ended.figures = sum(value == "True" for value in said.values())
            elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                ended.shown, said = self._execute(text, {"0": _IS_FIGURE.format(name=node.targets[0].id)})
                ended.assigns_a_figure = said["0"] == "True"
            else:
                ended.shown, _ = self._execute(_with_decorators(code, node), {})
            yield ended

    def _execute(self, code: str, asked: dict[str, str]) -> tuple[list[list[str]], dict[str, str]]:
        shown: list[list[str]] = []

        def hook(message: dict) -> None:
            if message["msg_type"] in ("execute_result", "display_data"):
                shown.append(sorted(message["content"]["data"]))

        reply = self._client.execute_interactive(
            code, output_hook=hook, user_expressions=asked, timeout=LONGEST, store_history=True
        )["content"]
        assert reply["status"] == "ok", f"{code}\n{reply.get('ename')}: {reply.get('evalue')}"
        said = {name: value.get("data", {}).get("text/plain", "") for name, value in reply["user_expressions"].items()}
        return shown, said


def _with_decorators(code: str, node: ast.stmt) -> str:
    """The lines of a statement; the source of a decorated function begins with its decorator."""
    first = min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", ()))])
    return "\n".join(code.splitlines()[first - 1 : node.end_lineno])
