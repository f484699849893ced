"""Options by name: what Python and settings files may give, and the text of the command line that it becomes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from glasspara import api
from glasspara.cli.values import read_options
from glasspara.errors import UsageError

FIT = api.keywords("fit")


def spelled(name, value):
    values = read_options(FIT, {name: value}, command="fit")
    return values[FIT[name].field]


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("mass", 35.7, "35.7"),
        ("mass", np.float64(35.7), "35.7"),
        ("mass", "35,7 mg", "35,7 mg"),
        ("n_fe", "15 ppm", "15 ppm"),
        ("n_fe", 1.657e17, "1.657e+17"),
        ("n_fe", (1.657e17, 0.019e17), "1.657e+17+-1.9e+15"),
        ("n_fe", [1.657e17, 0.019e17], "1.657e+17+-1.9e+15"),
        ("sample", Path("glass.toml"), "glass.toml"),
        ("t_range", (2, 40), ["2:40"]),
        ("t_range", [2, 40], ["2:40"]),
        ("t_range", (None, 40.5), [":40.5"]),
        ("t_range", [(2, 40), (70, None)], ["2:40", "70:"]),
        ("t_range", "2:40,70:300", ["2:40,70:300"]),
        ("exclude", [12, "run.dat:20-30"], ["12", "run.dat:20-30"]),
        ("fix", "d_min", ["d_min"]),
        ("fix", ["d_min", "n_ats=1e16"], ["d_min", "n_ats=1e16"]),
        ("fix", {"d_min": 0.025, "n_ats": None}, ["d_min=0.025", "n_ats"]),
        ("limit", {"d_min": (0.01, None)}, ["d_min=0.01:"]),
        ("constrain", {"n_ats": (6e15, 1e15)}, ["n_ats=6e+15+-1e+15"]),
        ("contour", ("d_min", "delta_mu"), ["d_min,delta_mu"]),
        ("contour", [("d_min", "delta_mu"), ("n_ats", "d_min")], ["d_min,delta_mu", "n_ats,d_min"]),
        ("minos", ("d_min", "delta_mu"), ["d_min", "delta_mu"]),
        ("min_fit", 0, 0.0),
        ("bootstrap", np.int64(50), 50),
        ("allowances", False, False),
        ("mass", None, None),
    ],
)
def test_values_are_spelled_as_on_the_command_line(name, value, text):
    found = spelled(name, value)
    assert found == text
    assert type(found) is type(text)


def test_what_is_not_given_has_the_default_of_the_command():
    values = read_options(FIT, {}, command="fit")
    assert values["model"] == "etm"
    assert values["allowances"] is True
    assert values["start"] is None  # --set, by the name of its field


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("nfe", 1, "fit has no option 'nfe'. Did you mean n_fe?"),
        ("t-range", (2, 40), "fit has no option 't-range'. Did you mean t_range?"),
        ("mass", True, "mass: True is not MG"),
        ("mass", (35.7, 0.1), "mass: (35.7, 0.1) is not MG"),
        ("mass", " ", "mass: the value is empty"),
        ("model", {"etm": 1}, "model: {'etm': 1} is not etm|ll|..."),
        ("minos", {"d_min": 1}, "minos: {'d_min': 1} is not NAME|all"),
        ("allowances", 1, "allowances: 1 is not true or false"),
        ("bootstrap", 1, "bootstrap: 1 is not a number from 2"),
        ("bootstrap", 10**8, "bootstrap: 100000000 is not a number up to 1e+06"),
        ("bootstrap", 2.5, "bootstrap: 2.5 is not a whole number"),
        ("min_fit", "good", "min_fit: 'good' is not a number"),
        ("min_fit", True, "min_fit: True is not a number"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(name, value, message):
    with pytest.raises(UsageError) as error:
        spelled(name, value)
    assert str(error.value).startswith(message)
