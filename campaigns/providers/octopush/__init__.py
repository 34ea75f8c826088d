"""Octopush."""

from campaigns.providers.octopush.adapter import Octopush

__all__ = ["Octopush"]
