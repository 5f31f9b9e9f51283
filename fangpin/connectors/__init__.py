"""Connectors (数据接入): transports, readers, layout, conform and expectations."""
