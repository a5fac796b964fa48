"""The SDK without a host: types to schemas, JSON to values and back."""

import unittest
from dataclasses import dataclass, field
from enum import Enum
from typing import Annotated, Any, Literal

from casewright_plugin import Description, Failure, Length, Log, Plugin, Range
from casewright_plugin.schema import read, schema_of, write


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


@dataclass
class Part:
    name: str
    share: Annotated[float, Description("Of the whole."), Range(0, 1)] = 1.0


@dataclass
class Whole:
    kind: Literal["a", "b"]
    parts: list[Part] = field(default_factory=list)
    note: str | None = None
    colour: Colour = Colour.RED
    more: dict[str, Any] = field(default_factory=dict)


class Schemas(unittest.TestCase):
    def test_types_give_schemas(self) -> None:
        schema = schema_of(Whole, output=False)
        self.assertEqual(schema["required"], ["kind"])
        self.assertEqual(schema["properties"]["note"], {"type": ["string", "null"]})
        self.assertEqual(schema["properties"]["colour"], {"enum": ["red", "blue"]})
        part = schema["properties"]["parts"]["items"]
        share = {"type": "number", "description": "Of the whole.", "minimum": 0, "maximum": 1}
        self.assertEqual(part["properties"]["share"], share)

    def test_a_text_has_a_length(self) -> None:
        name = Annotated[str, Length(1, 80)]
        self.assertEqual(schema_of(name, output=False), {"type": "string", "minLength": 1, "maxLength": 80})

    def test_an_output_has_all_its_fields(self) -> None:
        self.assertEqual(schema_of(Part, output=True)["required"], ["name", "share"])

    def test_a_type_without_a_schema_is_told(self) -> None:
        with self.assertRaisesRegex(TypeError, "no JSON Schema for the type"):
            schema_of(complex, output=False)


class Values(unittest.TestCase):
    def test_values_come_back(self) -> None:
        value = {"kind": "a", "parts": [{"name": "x", "share": 1}], "note": None, "colour": "blue", "more": {"y": 2.5}}
        whole = read(Whole, value)
        self.assertEqual(whole.parts, [Part("x", 1.0)])
        self.assertIs(whole.colour, Colour.BLUE)
        self.assertEqual(write(whole), value)

    def test_whole_numbers_have_no_fraction(self) -> None:
        self.assertEqual(repr(write([4.0, 2.5, 1e300])), "[4, 2.5, 1e+300]")


class Calls(unittest.TestCase):
    def test_a_function_is_asked_with_a_log(self) -> None:
        plugin = Plugin("demo", "0.1.0")

        @plugin.decision("halve")
        def halve(part: Part, log: Log) -> Part:
            """Halves   a part."""
            log.info("halving")
            if part.share == 0:
                raise Failure("nothing-left", "there is nothing to halve")
            return Part(part.name, part.share / 2)

        lines: list[str] = []
        answer = plugin.call("halve", {"name": "x"}, lambda level, text: lines.append(f"{level}: {text}"))
        self.assertEqual(answer, {"name": "x", "share": 0.5})
        self.assertEqual(lines, ["info: halving"])
        self.assertEqual(plugin.functions["halve"].description, "Halves a part.")
        with self.assertRaises(Failure) as failed:
            plugin.call("halve", {"name": "x", "share": 0}, lambda level, text: None)
        self.assertEqual(failed.exception.code, "nothing-left")

    def test_what_is_no_decision_is_told(self) -> None:
        with self.assertRaisesRegex(TypeError, "expected a function from one dataclass"):

            @Plugin("demo", "0.1.0").decision("odd")
            def odd(n: int) -> int:
                return n


if __name__ == "__main__":
    unittest.main()
