vcl 4.1;

backend lightstick {
	.host = "lightstick";
	.port = "8080";
	# A held playlist answers within three target durations.
	.first_byte_timeout = 30s;
}
