# What a Varnish needs to know so that `purge.targets: NAME=varnish://SECRET@HOST:PORT`
# works; in tests SECRET, the origin's host and port are filled in.
vcl 4.1;

backend default {
    .host = "ORIGIN_HOST";
    .port = "ORIGIN_PORT";
}

acl purgers {
    "localhost";
    "127.0.0.1";
}

sub vcl_recv {
    if (req.method == "BAN") {
        if (client.ip !~ purgers || req.http.X-Purge-Secret != "SECRET") {
            return (synth(403, "Forbidden"));
        }
        # Names come escaped as in paths; anything else is refused, so that none is
        # more than a name in the expression. Bans are on what the object holds, not on
        # the request: only such ones are worked off by the ban lurker. "\Q" makes dots
        # in names mean dots.
        if (req.http.X-Purge-Recording ~ "^[A-Za-z0-9%._-]+/[A-Za-z0-9._-]+$") {
            ban("obj.http.X-Path ~ ^\Q/live/" + regsub(req.http.X-Purge-Recording, "/", "/recordings/") + "/\E");
        } else if (req.http.X-Purge-Publication ~ "^[A-Za-z0-9%._-]+/[A-Za-z0-9._-]+$") {
            ban("obj.http.X-Path ~ ^\Q/live/" + req.http.X-Purge-Publication + "/\E");
        } else if (req.http.X-Purge-Stream ~ "^[A-Za-z0-9%._-]+$") {
            ban("obj.http.X-Path ~ ^\Q/live/" + req.http.X-Purge-Stream + "/\E");
        } else {
            return (synth(400, "Bad Request"));
        }
        return (synth(200, "Banned"));
    }
}

sub vcl_backend_response {
    set beresp.http.X-Path = bereq.url;
}

sub vcl_deliver {
    unset resp.http.X-Path;
}
