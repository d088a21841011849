vcl 4.1;

# Varnish 7.1 or later as an edge of Lightstick, written by
#
#   lightstick cdn config varnish --origin lightstick:8080 --listen :80 --verify origin
#
# Started by
#
#   varnishd -F -f default.vcl -a :80 -s malloc,1g \
#     -p thread_pool_min=200 -p thread_pool_max=4000 -p timeout_idle=75 -p backend_idle_timeout=60 \
#     -p listen_depth=4096 -p vsl_mask=-ReqURL,-ReqHeader,-ReqUnset,-BereqURL,-BereqHeader,-BereqUnset,-Hash
#
# All parameters are optional. Started by root, varnishd reads this file as the user
# vcache, who must be able to; -j none leaves that out. vsl_mask keeps tokens out of the memory that varnishlog
# reads. HTTP/2 needs -p feature=+http2 and something before it that speaks TLS (hitch,
# HAProxy, nginx). The log, without tokens and queries, one JSON object a line:
#
#   varnishncsa -F '{"time":"%{%FT%TZ}t","method":"%m","uri":"%{VCL_Log:path}x","status":%s,"bytes":%O,"cache":"%{VCL_Log:cache}x","seconds":%{Varnish:time_firstbyte}x}'

import std;

backend origin {
    .host = "lightstick";
    .port = "8080";
    .connect_timeout = 3s;
    .first_byte_timeout = 30s; # longer than the origin holds a reload
    .between_bytes_timeout = 10s;
}

# Who may purge.
acl purgers {
    "localhost";
}

sub vcl_recv {
    # A restart after a verdict: what was asked for is looked for now.
    if (req.restarts > 0 && req.http.X-Edge-Verdict == "allowed") {
        set req.url = req.http.X-Edge-URL;
        return (hash);
    }
    unset req.http.X-Edge-Verdict;
    unset req.http.X-Edge-URL;
    unset req.http.X-Edge-Encoding;
    unset req.http.X-Edge-Token;
    unset req.http.X-Edge-Query;
    unset req.http.X-Edge-Scope;
    unset req.http.X-Original-URI;
    unset req.http.Forwarded;
    unset req.http.Proxy;
    unset req.http.CF-IPCountry;
    unset req.http.CloudFront-Viewer-Country;
    unset req.http.X-Lightstick-Country;
    unset req.http.X-Country;
    unset req.http.X-Country-Code;
    unset req.http.X-Geo-Country;
    unset req.http.X-Client-Geo-Location;
    set req.http.X-Forwarded-For = client.ip; # a viewer's own claims end here
    set req.http.X-Forwarded-Proto = "http";
    call edge_secret;
    if (req.http.CDN-Loop ~ "(^|[, ])lightstick-edge([;, ]|$)") {
        return (synth(508, "Loop Detected"));
    }
    if (req.http.CDN-Loop) {
        set req.http.CDN-Loop = req.http.CDN-Loop + ", lightstick-edge";
    } else {
        set req.http.CDN-Loop = "lightstick-edge";
    }

    if (req.method == "BAN" || req.method == "PURGE") {
        call edge_purge;
    }
    std.log("path:" + regsub(regsub(req.url, "\?.*$", ""), "^/t/[^/]*", ""));
    if (req.url == "/healthz") {
        return (synth(200, "ok"));
    }
    if (req.url ~ "^(/t/[^/]*)?(/live/[^/]+)?/steering\.json(\?|$)") {
        set req.url = regsub(req.url, "^/t/[^/]*", "");
        return (pass); # for each viewer by itself
    }
    if (req.url ~ "^(/t/[A-Za-z0-9._-]+)?/live/") {
        call edge_live;
    }
    if (req.url ~ "^/(|watch/.*|cmcd|connection/.*|chat/session)(\?.*)?$") {
        if (req.http.Upgrade ~ "(?i)websocket") {
            return (pipe);
        }
        return (pass); # for each viewer by itself
    }
    if (req.url ~ "^/static/[^?]+$" && (req.method == "GET" || req.method == "HEAD")) {
        unset req.http.Cookie;
        unset req.http.Authorization;
        call edge_encoding;
        return (hash);
    }
    return (synth(404, "Not Found"));
}

# The origin's cdn.secret. What a viewer sends under that name goes no further.
sub edge_secret {
    unset req.http.X-Origin-Secret;
    if (std.getenv("LIGHTSTICK_CDN_SECRET") != "") {
        set req.http.X-Origin-Secret = regsub(std.getenv("LIGHTSTICK_CDN_SECRET"), "\s(.|\s)*$", "");
    }
}

# One object for viewers who take gzip, one for those who don't: what the origin
# compressed is not compressed or unpacked here.
sub edge_encoding {
    set req.http.X-Edge-Encoding = "identity";
    if (req.http.Accept-Encoding ~ "(?i)gzip") { # Varnish has taken q=0 out already
        set req.http.X-Edge-Encoding = "gzip";
    }
}

# Everything of a stream.
sub edge_live {
    if (req.method == "OPTIONS") {
        return (synth(204, "No Content"));
    }
    if (req.method != "GET" && req.method != "HEAD") {
        return (synth(405, "Method Not Allowed"));
    }
    set req.http.X-Original-URI = req.url;
    if (req.url ~ "^/t/") {
        set req.http.X-Edge-Token = regsub(req.url, "^/t/([^/]*)/.*$", "\1");
        set req.url = regsub(req.url, "^/t/[^/]*", "");
    }
    call edge_key;
    call edge_encoding;
    call edge_verify;
    unset req.http.Cookie;
    unset req.http.Authorization;
    unset req.http.Referer;
    unset req.http.X-Original-URI;
    return (hash);
}

# What answers depend on, in one order; everything else of a query ends here.
sub edge_key {
    set req.http.X-Edge-Query = "";
    if (req.url ~ "^[^?]*(\.m3u8|/chat/index\.json)\?") {
        if (req.url ~ "[?&]_HLS_msn=[^&]") {
            set req.http.X-Edge-Query = req.http.X-Edge-Query + "&_HLS_msn=" + regsub(req.url, "^[^?]*\?(?:.*?&)?_HLS_msn=([^&]+).*$", "\1");
        }
        if (req.url ~ "[?&]_HLS_part=[^&]") {
            set req.http.X-Edge-Query = req.http.X-Edge-Query + "&_HLS_part=" + regsub(req.url, "^[^?]*\?(?:.*?&)?_HLS_part=([^&]+).*$", "\1");
        }
        if (req.url ~ "[?&]_HLS_skip=[^&]") {
            set req.http.X-Edge-Query = req.http.X-Edge-Query + "&_HLS_skip=" + regsub(req.url, "^[^?]*\?(?:.*?&)?_HLS_skip=([^&]+).*$", "\1");
        }
        if (req.url ~ "[?&]start=[^&]") {
            set req.http.X-Edge-Query = req.http.X-Edge-Query + "&start=" + regsub(req.url, "^[^?]*\?(?:.*?&)?start=([^&]+).*$", "\1");
        }
        if (req.url ~ "[?&]end=[^&]") {
            set req.http.X-Edge-Query = req.http.X-Edge-Query + "&end=" + regsub(req.url, "^[^?]*\?(?:.*?&)?end=([^&]+).*$", "\1");
        }
        # The origin makes a token for this player of it, and moves it into the path, from
        # where relative URIs carry it on.
        if (req.url ~ "[?&]token=[A-Za-z0-9._-]+(&|$)") {
            set req.url = req.http.X-Original-URI;
            return (pass);
        }
    }
    set req.url = regsub(req.url, "\?.*$", "") + regsub(req.http.X-Edge-Query, "^&", "?");
}

# The origin's verdict is an object too: it is looked up first, then the request starts
# again for what was asked for.
sub edge_verify {
    set req.http.X-Edge-URL = req.url;
    set req.http.X-Edge-Verdict = "asked";
    # What a verdict holds for: a recording, a publication's media, the status, which is
    # everybody's, or a stream's playlists. A token may be good for one of them only.
    set req.http.X-Edge-Scope = regsub(req.url, "\?.*$", "");
    if (req.http.X-Edge-Scope ~ "^/live/[^/]+/recordings/[^/]+/") {
        set req.http.X-Edge-Scope = regsub(req.http.X-Edge-Scope, "^(/live/[^/]+/recordings/[^/]+)/.*$", "\1");
    } else if (req.http.X-Edge-Scope ~ "^/live/[^/]+/[^/]+/") {
        set req.http.X-Edge-Scope = regsub(req.http.X-Edge-Scope, "^(/live/[^/]+/[^/]+)/.*$", "\1");
    } else if (req.http.X-Edge-Scope !~ "/status\.json$") {
        set req.http.X-Edge-Scope = regsub(req.http.X-Edge-Scope, "^(/live/[^/]+)/.*$", "\1");
    }
    if (!req.http.X-Edge-Token && req.http.Cookie ~ "(^|; *)lightstick_token=") {
        set req.http.X-Edge-Token = regsub(req.http.Cookie, "^(?:.*?; *)?lightstick_token=([^;]*).*$", "\1");
    }
    set req.url = "/playback/authorize";
    return (hash);
}

# BAN (or PURGE) / with X-Purge-Stream: STREAM, X-Purge-Recording: STREAM/ID, or
# X-Purge-Publication: STREAM/ID, from this machine or with the environment's
# LIGHTSTICK_PURGE_SECRET in X-Purge-Secret. Bans are on what objects hold, which the ban
# lurker works off by itself; names come escaped as in paths, and \Q makes their dots dots.
sub edge_purge {
    if (client.ip !~ purgers && (std.getenv("LIGHTSTICK_PURGE_SECRET") == "" || req.http.X-Purge-Secret != std.getenv("LIGHTSTICK_PURGE_SECRET"))) {
        return (synth(403, "Forbidden"));
    }
    if (req.http.X-Purge-Recording ~ "^[A-Za-z0-9%._-]+/[A-Za-z0-9._-]+$") {
        ban("obj.http.X-Edge-URL ~ ^\Q/live/" + regsub(req.http.X-Purge-Recording, "/", "/recordings/") + "/\E");
    } else if (req.http.X-Purge-Publication ~ "^[A-Za-z0-9%._-]+/[A-Za-z0-9._-]+$") {
        ban("obj.http.X-Edge-URL ~ ^\Q/live/" + req.http.X-Purge-Publication + "/\E");
    } else if (req.http.X-Purge-Stream ~ "^[A-Za-z0-9%._-]+$") {
        ban("obj.http.X-Edge-URL ~ ^\Q/live/" + req.http.X-Purge-Stream + "/\E");
    } else {
        return (synth(400, "X-Purge-Stream: STREAM, X-Purge-Recording: STREAM/ID or X-Purge-Publication: STREAM/ID is missing"));
    }
    return (synth(200, "Purged"));
}

sub vcl_hash {
    hash_data(req.url);
    if (req.url == "/playback/authorize") {
        hash_data(req.http.X-Edge-Token);
        hash_data(req.http.Authorization);
        hash_data(req.http.X-Edge-Scope);
        hash_data(client.ip);
    } else {
        hash_data(req.http.X-Edge-Encoding);
    }
    return (lookup);
}

sub vcl_pipe {
    # Varnish hands a WebSocket through; its connection is not used for anything else.
    set bereq.http.Upgrade = req.http.Upgrade;
    set bereq.http.Connection = "Upgrade";
}

sub vcl_backend_fetch {
    if (bereq.http.X-Edge-Encoding == "identity") {
        unset bereq.http.Accept-Encoding;
    }
    unset bereq.http.X-Edge-Verdict;
    unset bereq.http.X-Edge-URL;
    unset bereq.http.X-Edge-Encoding;
    unset bereq.http.X-Edge-Token;
    unset bereq.http.X-Edge-Query;
    unset bereq.http.X-Edge-Scope;
}

sub vcl_backend_response {
    unset beresp.http.X-Origin-Secret;
    unset beresp.http.Surrogate-Control;
    unset beresp.http.CDN-Cache-Control;
    set beresp.http.X-Edge-URL = bereq.url; # for bans
    set beresp.do_stream = true;
    set beresp.grace = 0s; # a playlist that is late is an error, not an old playlist
    set beresp.keep = 0s;
    if (bereq.uncacheable) {
        return (deliver);
    }
    if (bereq.url == "/playback/authorize") {
        if (beresp.status == 204 && beresp.ttl > 60s) {
            set beresp.ttl = 60s;
        }
        if (beresp.status == 401 || beresp.status == 403) {
            set beresp.ttl = 1s;
        }
    } else if (beresp.status >= 500 || beresp.http.Cache-Control ~ "(?i)no-store|private" || beresp.http.Set-Cookie) {
        set beresp.ttl = 0s;
    } else if (beresp.status >= 400 && beresp.ttl > 1s) {
        set beresp.ttl = 1s;
    } else if (beresp.status == 200 && bereq.url ~ "^/live/[^/]+/[^/]+\.m3u8($|\?)" && bereq.url !~ "_HLS_msn="
        && beresp.http.Cache-Control ~ "s-maxage=1(,|$)") {
        set beresp.ttl = 0.125s; # half a part, which Cache-Control can't say
    } else if (beresp.http.Cache-Control ~ "immutable") {
        set beresp.grace = 1h;
    }
    if (beresp.ttl <= 0s) {
        # Nobody waits for an answer that can't be shared: for a second, requests for it
        # go on side by side.
        set beresp.uncacheable = true;
        set beresp.ttl = 1s;
    }
    return (deliver);
}

sub vcl_backend_error {
    set beresp.http.Cache-Control = "no-store";
    set beresp.http.Access-Control-Allow-Origin = "*";
    set beresp.http.Content-Type = "text/plain; charset=utf-8";
    set beresp.body = "the origin does not answer" + {"
"};
    return (deliver);
}

sub vcl_deliver {
    if (req.http.X-Edge-Verdict == "asked") {
        if (resp.status == 204) {
            set req.http.X-Edge-Verdict = "allowed";
            unset req.http.Cookie;
            unset req.http.Authorization;
            unset req.http.Referer;
            unset req.http.X-Original-URI;
            return (restart);
        }
        set resp.http.Access-Control-Allow-Origin = "*";
        set resp.http.Cache-Control = "no-store";
    }
    if (obj.hits > 0) {
        set resp.http.X-Cache = "HIT";
    } else {
        set resp.http.X-Cache = "MISS";
    }
    std.log("cache:" + resp.http.X-Cache);
    unset resp.http.X-Edge-URL;
    unset resp.http.X-Varnish;
    unset resp.http.Via;
    return (deliver);
}

sub vcl_synth {
    std.log("cache:-");
    set resp.http.Access-Control-Allow-Origin = "*";
    set resp.http.Cache-Control = "no-store";
    unset resp.http.X-Varnish;
    if (resp.status == 204) {
        set resp.http.Access-Control-Allow-Methods = "GET, HEAD, OPTIONS";
        # What anybody may read is readable with any request header; * leaves out Authorization.
        set resp.http.Access-Control-Allow-Headers = "*, Authorization";
        if (req.http.Access-Control-Request-Headers ~ "^[A-Za-z0-9_, -]{1,1024}$") {
            set resp.http.Access-Control-Allow-Headers = req.http.Access-Control-Request-Headers;
        }
        set resp.http.Vary = "Access-Control-Request-Headers";
        set resp.http.Access-Control-Max-Age = "86400";
        return (deliver);
    }
    set resp.http.Content-Type = "text/plain; charset=utf-8";
    set resp.body = resp.reason + {"
"};
    return (deliver);
}
