#!/usr/bin/env python3
"""Posts traces.otlp.jsonl.gz to an OTLP endpoint.

    python3 load.py http://127.0.0.1:4318 [127.0.0.1:4317] [--file traces.otlp.jsonl.gz]

Lines go out in order, one request each: every 7th as OTLP JSON, every 5th over
gRPC when a gRPC address is given (needs the grpcio package), the rest as
protobuf over HTTP, some of them gzipped. A base URL without a path gets
/v1/traces appended. Exits non-zero on the first request that is not accepted.
"""
import argparse
import gzip
import json
import os
import sys
import time
import urllib.error
import urllib.request

import otlp_pb


def post(url, body, ctype, gz=False, tenant=None):
    h = {"Content-Type": ctype}
    if gz:
        body = gzip.compress(body)
        h["Content-Encoding"] = "gzip"
    if tenant:
        h["X-Scope-OrgID"] = tenant
    req = urllib.request.Request(url, data=body, headers=h, method="POST")
    try:
        with urllib.request.urlopen(req, timeout=60) as r:
            return r.status, r.read()
    except urllib.error.HTTPError as e:
        return e.code, e.read()


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("url")
    ap.add_argument("grpc", nargs="?")
    ap.add_argument("--file", default=os.path.join(os.path.dirname(os.path.abspath(__file__)), "traces.otlp.jsonl.gz"))
    ap.add_argument("--tenant")
    args = ap.parse_args()
    url = args.url.rstrip("/")
    if not url.endswith("/v1/traces"):
        url += "/v1/traces"
    export = None
    if args.grpc:
        import grpc
        ch = grpc.insecure_channel(args.grpc.split("://")[-1], options=[("grpc.max_send_message_length", 64 << 20)])
        call = ch.unary_unary("/opentelemetry.proto.collector.trace.v1.TraceService/Export", request_serializer=lambda b: b, response_deserializer=lambda b: b)
        md = [("x-scope-orgid", args.tenant)] if args.tenant else None
        export = lambda b: call(b, timeout=60, metadata=md)
    t0 = time.time()
    n = {"grpc": 0, "json": 0, "protobuf": 0, "protobuf+gzip": 0}
    for i, line in enumerate(gzip.open(args.file, "rt", encoding="utf-8")):
        line = line.strip()
        if not line:
            continue
        if i % 7 == 3:
            how = "json"
            st, body = post(url, line.encode("utf-8"), "application/json", tenant=args.tenant)
        else:
            pb = otlp_pb.encode(json.loads(line))
            if export and i % 5 == 2:
                how = "grpc"
                export(pb)
                st, body = 200, b""
            else:
                how = "protobuf+gzip" if i % 4 == 1 else "protobuf"
                st, body = post(url, pb, "application/x-protobuf", gz=how.endswith("gzip"), tenant=args.tenant)
        if st != 200:
            print("line %d (%s): status %d: %r" % (i + 1, how, st, body[:300]), file=sys.stderr)
            return 1
        n[how] += 1
    print("loaded in %.1f s: %s" % (time.time() - t0, n))
    return 0


if __name__ == "__main__":
    sys.exit(main())
