#!/usr/bin/env python3
"""Django's command-line utility for administrative tasks."""

import os
import sys

from console.bootstrap import prepare


def main():
    """Run administrative tasks."""
    prepare(sys.argv)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings")
    try:
        from django.core.exceptions import ImproperlyConfigured
        from django.core.management import execute_from_command_line
    except ImportError as exc:
        raise ImportError(
            "Couldn't import Django. Are you sure it's installed and "
            "available on your PYTHONPATH environment variable? Did you "
            "forget to activate a virtual environment?"
        ) from exc
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:  # a setting that is missing or wrong, in a sentence for whoever set it
        sys.exit(str(error))


if __name__ == "__main__":
    main()
