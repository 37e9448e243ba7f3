"""Base templates, components, design tokens and static files."""
