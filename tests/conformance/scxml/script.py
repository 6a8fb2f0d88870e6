"""ECMAScript on data that come and go as JSON: nothing but functions stays behind in the interpreter.

The value of a variable is a cell, so that JSON can say "undefined": `[]` is undefined, `[value]` anything else.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

import dukpy

Data = Mapping[str, list[Any]]
"""Variables by name, each a cell."""

_PROGRAM: Final = """
var __run = (function (everything, evaluate, parse, write) {
  var kept = {};
  everything().forEach(function (name) { kept[name] = true; });
  kept.__run = true;
  function names() { return everything().filter(function (name) { return !kept[name]; }); }
  function clear() { names().forEach(function (name) { delete globalThis[name]; }); }
  function keep() {
    names().forEach(function (name) {
      if (typeof globalThis[name] === 'function') { kept[name] = true; }
    });
    clear();
  }
  function complete(event) {
    ['sendid', 'origin', 'origintype', 'invokeid', 'data'].forEach(function (name) {
      if (!(name in event)) { event[name] = undefined; }
    });
  }
  function pour(cells) {
    Object.keys(cells).forEach(function (name) { globalThis[name] = cells[name][0]; });
  }
  return function (mode, text, data, system, active) {
    clear();
    if (system._event.length) { complete(system._event[0]); }
    pour(data);
    pour(system);
    globalThis.In = function (id) { return active.indexOf(id) >= 0; };
    try {
      var found = evaluate(text);
      var cells = {};
      names().forEach(function (name) {
        var value = globalThis[name];
        if (name === 'In' || system[name] || typeof value === 'function') { return; }
        cells[name] = value === undefined ? [] : [value];
      });
      return write({ found: found === undefined ? [] : [found], data: cells });
    } finally {
      if (mode === 'keep') { delete globalThis.In; keep(); } else { clear(); }
    }
  };
})(function () { return Object.getOwnPropertyNames(globalThis); }, eval, JSON.parse, JSON.stringify);
"""


class ScriptError(Exception):
    """An expression or a script could not be read or evaluated."""


class Interpreter:
    """Evaluates the texts of one document.

    A document's functions are code and live here; its variables are data and are handed in and out.
    """

    def __init__(self, system: Mapping[str, Any]) -> None:
        self._system = {name: [value] for name, value in system.items()}
        self._engine = dukpy.JSInterpreter()
        self._engine.evaljs(_PROGRAM)

    def define(self, script: str) -> None:
        """Keep the functions that a script declares; what it does besides is forgotten."""
        try:
            self._run("keep", script, {}, None, ())
        except ScriptError:
            return  # it fails again, and is heard, when the chart starts

    def value(
        self, expression: str, data: Data, event: list[Any] | None, active: tuple[str, ...]
    ) -> list[Any]:
        """Return the cell of an expression's value.

        Raises:
            ScriptError: it has none.
        """
        text = expression.strip().removesuffix(";")
        found: list[Any] = self._run("once", f"({text}\n)", data, event, active)["found"]
        return found

    def after(
        self, script: str, data: Data, event: list[Any] | None, active: tuple[str, ...]
    ) -> Data:
        """Return the variables as a script leaves them.

        Raises:
            ScriptError: it fails.
        """
        left: Data = self._run("once", script, data, event, active)["data"]
        return left

    def _run(
        self,
        mode: str,
        text: str,
        data: Data,
        event: list[Any] | None,
        active: tuple[str, ...],
    ) -> dict[str, Any]:
        system = {**self._system, "_event": event or []}
        handed = (json.dumps(one) for one in (mode, text, data, system, active))
        try:
            read: dict[str, Any] = json.loads(self._engine.evaljs(f"__run({', '.join(handed)})"))
        except dukpy.JSRuntimeError as error:
            raise ScriptError(str(error).splitlines()[0]) from error
        return read
