"""What opens a case to its enterprise over HTTP: the registration number in the path, the receipt code."""

from typing import Annotated

from fastapi import Header, Path

from shared.web.bodies import Shape

NumberPath = Annotated[
    str,
    Path(),
    Shape(
        r"^[A-Z]{2,6}-[0-9]{8}-[0-9]{5,9}$",
        "挂号编号形如 BZ-20260213-00042",
        "a registration number is like BZ-20260213-00042",
    ),
]
CodeHeader = Annotated[str, Header(max_length=100)]
"""The parameter `receipt_code`: a case's receipt code, in the header Receipt-Code."""
