"""How the cases of the city are named in spans and found by their id."""

from sqlalchemy import text

CASE = "huying.appeal_id"
"""The span attribute that holds the id of a case, be it an appeal or a loan request."""

IDS_OF_APPEALS = text(
    """
    select appeal_id as id, registration_number as number from appeals
    where registration_number = any(cast(:numbers as text[]))
    """
)
"""The ids of cases by their numbers, in a service that keeps a table of appeals."""

NUMBER_OF_APPEAL = text("select registration_number from appeals where appeal_id = :id")
"""The number of a case, in such a service."""
