"""What every floor stands on: validation, frozen data, errors, calendar, number formats, atomic writes."""
