"""What T-RevSNN is compared with: gradient rules, spiking residual networks, S-RevSNN, converted
networks, SpikingJelly's own."""
