"""Every write of points: rules and goods, awards on notice, appeals, booking, exchange, reversal."""
