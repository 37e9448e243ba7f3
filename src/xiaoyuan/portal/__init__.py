"""Pages that combine domains: portal, village page, scan page, console home and big screen."""
