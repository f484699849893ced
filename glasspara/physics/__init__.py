"""The terms of the magnetisation (17) as pure functions of arrays; nothing here knows files or fits."""
