# SPDX-License-Identifier: 0BSD
"""What ends a campaign before it begins; each knows its exit code."""


class CampaignError(Exception):
    code = 1


class NothingSuch(CampaignError):
    """The user named something that is not there."""
    code = 2


class SetUpMissing(CampaignError):
    """A tool or a permission is missing."""
    code = 3


class BuildFailed(CampaignError):
    code = 3
