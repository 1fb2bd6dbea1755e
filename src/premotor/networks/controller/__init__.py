"""What stands between a network and a body: sensors onto neurons, motor neurons onto actuators, calibration."""
