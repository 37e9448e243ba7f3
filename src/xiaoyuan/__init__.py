"""Xiaoyuan 数字小院: an open-source digital-village platform."""
