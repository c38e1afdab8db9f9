"""The sandbox that the tests of the command use."""

from tests.cli.conftest import served as served
from tests.cli.conftest import settings as settings
