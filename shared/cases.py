"""How the cases of the city are named in spans and found by their id."""

from sqlalchemy import text

CASE = "huying.appeal_id"
"""The span attribute that holds the id of a case, be it an appeal or a loan request."""

ID_OF_APPEAL = text("select appeal_id from appeals where registration_number = :number")
"""The id of a case by its number, in such a service."""

NUMBER_OF_APPEAL = text("select registration_number from appeals where appeal_id = :id")
"""The number of a case, in a service that keeps a table of appeals."""
