"""A circuit on its own: driven, silenced, screened and pruned; its activity and rhythm."""
