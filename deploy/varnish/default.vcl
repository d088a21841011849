vcl 4.1;

import std;

backend lightstick {
	.host = "lightstick";
	.port = "8080";
	# A held playlist answers within three target durations.
	.first_byte_timeout = 30s;
}

sub vcl_recv {
	set req.http.X-Origin-Secret = std.getenv("LIGHTSTICK_CDN_SECRET");
}

sub vcl_deliver {
	unset resp.http.X-Origin-Secret;
}
