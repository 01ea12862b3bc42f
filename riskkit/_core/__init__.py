"""The foundation of all packages: validation, frozen data, errors, calendar, number formats, atomic writes."""
