"""庆阳若干措施（2023）§7 follow-up, §16 rectification list, §14 and §17 red and black list."""

from shared.rules.judging import acts
from tests.packs.histories import Story

QY = "qingyang-2023@2"


def test_every_enterprise_is_visited_after_its_case():
    # Completed Tuesday 03-03; 30 natural days: 04-02, a Thursday.
    story = Story(QY).dispatched("03-02 10:00").completed("03-03 10:00")
    assert story.ruled() == ["04-02 24:00 overdue follow_up", "04-02 24:00 reminded follow_up"]
    assert story.did(acts.FollowedUp, "04-02 16:00", reached=True).ruled() == []


def test_a_rating_is_no_visit():
    story = Story(QY).dispatched("03-02 10:00").completed("03-03 10:00")
    story.did(acts.Rated, "03-04 10:00")
    assert story.ruled()[0] == "04-02 24:00 overdue follow_up"


def listed() -> Story:
    """Two measures, to be done by 03-06 and by 03-13."""
    story = Story(QY).dispatched("03-02 10:00")
    return story.reached("rectification_ordered", "03-02 11:00", "03-06 18:00", "03-13 18:00")


def test_each_measure_on_the_list_has_its_end():
    assert listed().stands("03-03 12:00")[1:] == [
        "rectification 03-06 18:00 open",
        "rectification 03-13 18:00 open",
    ]


def test_measures_are_met_one_by_one_and_the_one_missed_is_proposed_for_the_list():
    story = listed().reached("rectified", "03-05 10:00")
    assert story.ruled("03-15 12:00") == [
        "03-13 18:00 overdue rectification",
        "03-13 18:00 supervised rectification",
        "03-13 18:00 publication.proposed rectification",
    ]
    proposed = story.judged("03-15 12:00").rulings[-1]
    assert (proposed.unit, proposed.clause) == ("town", "庆阳若干措施（2023）§14、§17")


def test_a_list_carried_out_is_not_published():
    story = listed().reached("rectified", "03-05 10:00").reached("rectified", "03-13 10:00")
    assert story.ruled("03-15 12:00") == []


def test_a_late_completion_alone_is_never_published():
    assert "publication" not in " ".join(Story(QY).dispatched("03-02 10:00").ruled())
