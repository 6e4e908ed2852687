#!/usr/bin/env python3
"""Runs recorded cases against a base URL.

    python3 run.py http://127.0.0.1:3200 [--otlp http://127.0.0.1:4318] [--cases cases.jsonl.gz]
                   [--category C ...] [--id SUBSTRING] [--no-quirks] [--verbose] [--json FILE] [--tenant T] [--jobs N]

Prints passed/total by category and in total; exit status 1 if any case fails.
Only the Python standard library is used.
"""
import argparse
import base64
import gzip
import json
import math
import os
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import otlp_pb

TOL = 1e-9
HEX = set("0123456789abcdefABCDEF")


def send(url, otlp, case, tenant=None, timeout=60):
    """-> status, content type, raw body"""
    root = otlp if case.get("target") == "otlp" else url
    u = root.rstrip("/") + case["path"]
    if case.get("rawQuery") is not None:
        u += "?" + case["rawQuery"]
    elif case.get("params"):
        p = case["params"]
        u += "?" + urllib.parse.urlencode(p, doseq=True)
    h = dict(case.get("headers") or {})
    if tenant:
        h["X-Scope-OrgID"] = tenant
    body = None
    if "bodyText" in case:
        body = case["bodyText"].encode("utf-8")
    elif "bodyBase64" in case:
        body = base64.b64decode(case["bodyBase64"])
    req = urllib.request.Request(u, data=body, headers=h, method=case.get("method", "GET"))
    try:
        with urllib.request.urlopen(req, timeout=timeout) as r:
            return r.status, r.headers.get("Content-Type", ""), r.read()
    except urllib.error.HTTPError as e:
        return e.code, e.headers.get("Content-Type", ""), e.read()


def parse(ctype, raw, path):
    """body as a JSON-able value"""
    ct = (ctype or "").split(";")[0].strip()
    if ct in ("application/protobuf", "application/x-protobuf"):
        if "/v2/traces" in path:
            return otlp_pb.decode(raw, "TraceByIDResponse")
        if "/api/traces" in path:
            return otlp_pb.decode(raw, "TracesData")
        return {"protobufBytes": bool(raw)}
    text = raw.decode("utf-8", "replace")
    if ct == "application/json" or text[:1] in "{[":
        try:
            return json.loads(text)
        except ValueError:
            pass
    return text.strip()


def key(x):
    return json.dumps(x, sort_keys=True, ensure_ascii=False)


def hexid(s, n):
    """ids may come as hex or as base64 of the bytes"""
    if not s:
        return ""
    if len(s) == n * 2 and set(s) <= HEX:
        return s.lower()
    try:
        b = base64.b64decode(s, validate=True)
        if len(b) == n:
            return b.hex()
    except ValueError:
        pass
    return s


KIND = {"SPAN_KIND_UNSPECIFIED": 0, "SPAN_KIND_INTERNAL": 1, "SPAN_KIND_SERVER": 2, "SPAN_KIND_CLIENT": 3, "SPAN_KIND_PRODUCER": 4, "SPAN_KIND_CONSUMER": 5}
CODE = {"STATUS_CODE_UNSET": 0, "STATUS_CODE_OK": 1, "STATUS_CODE_ERROR": 2}


def val(v):
    if not isinstance(v, dict):
        return v
    for k, x in v.items():
        if k == "intValue":
            return {k: str(x)}
        if k == "arrayValue":
            return {k: [val(y) for y in (x or {}).get("values", [])]}
        if k == "kvlistValue":
            return {k: attrs((x or {}).get("values", []))}
        if k == "doubleValue" and isinstance(x, str):
            return {k: x}
        if k == "doubleValue":
            return {k: float(x)}
        return {k: x}
    return {}


def attrs(a):
    return sorted(([x.get("key", ""), val(x.get("value") or {})] for x in a or []), key=key)


def spans_of(trace):
    """every span with its resource and scope, in a stable order"""
    out = []
    for rs in trace.get("resourceSpans") or trace.get("batches") or []:
        res = {"attributes": attrs((rs.get("resource") or {}).get("attributes"))}
        for ss in rs.get("scopeSpans") or rs.get("instrumentationLibrarySpans") or []:
            sc = ss.get("scope") or {}
            scope = {"name": sc.get("name", ""), "version": sc.get("version", ""), "attributes": attrs(sc.get("attributes"))}
            for s in ss.get("spans") or []:
                st = s.get("status") or {}
                out.append({
                    "resource": res, "scope": scope,
                    "traceId": hexid(s.get("traceId", ""), 16), "spanId": hexid(s.get("spanId", ""), 8), "parentSpanId": hexid(s.get("parentSpanId", ""), 8),
                    "traceState": s.get("traceState", ""), "name": s.get("name", ""), "kind": KIND.get(s.get("kind", 0), s.get("kind", 0)),
                    "start": str(s.get("startTimeUnixNano", "0")), "end": str(s.get("endTimeUnixNano", "0")),
                    "attributes": attrs(s.get("attributes")),
                    "events": sorted(({"time": str(e.get("timeUnixNano", "0")), "name": e.get("name", ""), "attributes": attrs(e.get("attributes"))} for e in s.get("events") or []), key=key),
                    "links": sorted(({"traceId": hexid(x.get("traceId", ""), 16), "spanId": hexid(x.get("spanId", ""), 8), "traceState": x.get("traceState", ""), "attributes": attrs(x.get("attributes"))} for x in s.get("links") or []), key=key),
                    "status": [CODE.get(st.get("code", 0), st.get("code", 0)), st.get("message", "")],
                    "droppedAttributesCount": s.get("droppedAttributesCount", 0),
                })
    return sorted(out, key=lambda s: (s["spanId"], key(s)))


def spanset(ss):
    spans = ss.get("spans") or []
    matched = ss.get("matched", 0)
    o = {"matched": matched, "attributes": attrs(ss.get("attributes"))}
    if matched > len(spans):
        o["spanCount"] = len(spans)  # which spans a cut list holds is not specified
    else:
        o["spans"] = sorted(({"spanID": s.get("spanID", ""), "name": s.get("name", ""), "start": str(s.get("startTimeUnixNano", "0")), "duration": str(s.get("durationNanos", "0")), "attributes": attrs(s.get("attributes"))} for s in spans), key=key)
    return o


def number(v):
    if v is None:
        return 0.0
    if isinstance(v, str):
        return {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}.get(v, v)
    return float(v)


def series(s):
    o = {"labels": attrs(s.get("labels"))}
    if "samples" in s or "value" not in s:
        o["samples"] = sorted(([int(x.get("timestampMs", 0)), number(x.get("value"))] for x in s.get("samples") or []), key=lambda x: x[0])
    if "value" in s or "samples" not in s:
        o["value"] = number(s.get("value"))
    return o


def canon(b):
    """canonical form of a decoded body; volatile parts go"""
    if not isinstance(b, dict):
        return b
    b = {k: v for k, v in b.items() if k != "metrics"}
    if "traces" in b:
        ts = []
        for t in b["traces"] or []:
            ts.append({
                "traceID": t.get("traceID", "").lstrip("0"), "rootServiceName": t.get("rootServiceName", ""), "rootTraceName": t.get("rootTraceName", ""),
                "startTimeUnixNano": str(t.get("startTimeUnixNano", "0")), "durationMs": t.get("durationMs", 0),
                "spanSets": sorted((spanset(x) for x in t.get("spanSets") or ([t["spanSet"]] if t.get("spanSet") else [])), key=key),
                "serviceStats": {k: {"spanCount": v.get("spanCount", 0), "errorCount": v.get("errorCount", 0)} for k, v in (t.get("serviceStats") or {}).items()},
            })
        return {"traces": sorted(ts, key=lambda t: t["traceID"])}
    if "series" in b:
        out = {k: v for k, v in b.items() if k != "series"}
        out["series"] = sorted((series(s) for s in b["series"] or []), key=lambda s: key(s["labels"]))
        return out
    if "scopes" in b:
        return {"scopes": sorted(([s.get("name", ""), sorted(s.get("tags") or [])] for s in b["scopes"] or []), key=key)}
    if "tagNames" in b:
        return {"tagNames": sorted(b["tagNames"] or [])}
    if "tagValues" in b:
        return {"tagValues": sorted(b["tagValues"] or [], key=key)}
    if "batches" in b or "resourceSpans" in b:
        return {"spans": spans_of(b)}
    if "trace" in b:
        out = {k: v for k, v in b.items() if k != "trace" and v not in ("", 0, "COMPLETE", None)}
        out["spans"] = spans_of(b["trace"] or {})
        return out
    return b


def diff(e, g, at=""):
    """first difference, or None"""
    if isinstance(e, bool) or isinstance(g, bool):
        return None if e is g else "%s: want %r, got %r" % (at, e, g)
    if isinstance(e, int) and isinstance(g, int):
        return None if e == g else "%s: want %r, got %r" % (at, e, g)
    if isinstance(e, (int, float)) and isinstance(g, (int, float)):
        if e == g or (math.isnan(e) and math.isnan(g)) or abs(e - g) <= TOL * max(abs(e), abs(g)):
            return None
        return "%s: want %r, got %r" % (at, e, g)
    if type(e) is not type(g):
        return "%s: want %s, got %s" % (at, str(e)[:200], str(g)[:200])
    if isinstance(e, dict):
        for k in e:
            if k not in g:
                return "%s: missing %r" % (at, k)
        for k in g:
            if k not in e:
                return "%s: extra %r" % (at, k)
        for k in e:
            d = diff(e[k], g[k], at + "." + str(k))
            if d:
                return d
        return None
    if isinstance(e, list):
        if len(e) != len(g):
            ek, gk = {key(x) for x in e}, {key(x) for x in g}
            return "%s: want %d items, got %d; missing %s; extra %s" % (at, len(e), len(g), str(sorted(ek - gk)[:2])[:300], str(sorted(gk - ek)[:2])[:300])
        for i, (x, y) in enumerate(zip(e, g)):
            d = diff(x, y, "%s[%d]" % (at, i))
            if d:
                return d
        return None
    return None if e == g else "%s: want %s, got %s" % (at, str(e)[:200], str(g)[:200])


def check(case, status, ctype, raw):
    """None when the answer is right, else why not"""
    x = case["expect"]
    if status != x["status"]:
        return "status: want %d, got %d: %s" % (x["status"], status, raw[:200].decode("utf-8", "replace"))
    if x.get("contentType") and (ctype or "").split(";")[0].strip() != x["contentType"]:
        return "content type: want %s, got %s" % (x["contentType"], ctype)
    how = case.get("compare", "exact")
    if how == "status-only":
        return None
    if how == "error-contains":
        text = raw.decode("utf-8", "replace").lower()
        for w in x["contains"]:
            if w.lower() not in text:
                return "body lacks %r: %s" % (w, text[:200])
        return None
    try:
        got = parse(ctype, raw, case["path"])
    except Exception as e:
        return "body not decoded: %s" % e
    want = x["body"]
    if how == "set-of-traces":
        if not isinstance(got, dict):
            return "not JSON: " + str(got)[:200]
        w = {t["traceID"].lstrip("0") for t in want["traces"]}
        g = [t.get("traceID", "").lstrip("0") for t in got.get("traces") or []]
        if len(set(g)) != len(g):
            return "a trace is listed twice"
        if w != set(g):
            return "traces: want %d, got %d; missing %s; extra %s" % (len(w), len(g), sorted(w - set(g))[:4], sorted(set(g) - w)[:4])
        return None
    if how == "count-of-traces":
        n = len(got.get("traces") or []) if isinstance(got, dict) else -1
        return None if n == want["count"] else "traces: want %d, got %d" % (want["count"], n)
    if how == "keys":
        miss = [k for k in want["keys"] if not isinstance(got, dict) or k not in got]
        return "missing keys %s" % miss if miss else None
    got = canon(got)
    why = diff(canon(want), got, "body")
    if why and any(diff(canon(alt), got, "body") is None for alt in x.get("alternatives") or []):
        return None
    return why


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    ap = argparse.ArgumentParser()
    ap.add_argument("url")
    ap.add_argument("--otlp", help="base URL of the OTLP/HTTP endpoint, when it is not the same")
    ap.add_argument("--cases", default=os.path.join(here, "cases.jsonl.gz"))
    ap.add_argument("--category", action="append")
    ap.add_argument("--id")
    ap.add_argument("--no-quirks", action="store_true", help="leave out cases that pin down a defect of the reference")
    ap.add_argument("--verbose", action="store_true")
    ap.add_argument("--json")
    ap.add_argument("--tenant")
    ap.add_argument("--jobs", type=int, default=4)
    a = ap.parse_args()
    cases = [json.loads(x) for x in gzip.open(a.cases, "rt", encoding="utf-8") if x.strip()]
    cases = [c for c in cases if (not a.category or c["category"] in a.category) and (not a.id or a.id in c["id"]) and not (a.no_quirks and c.get("quirk"))]

    def one(c):
        t = time.time()
        try:
            why = check(c, *send(a.url, a.otlp or a.url, c, a.tenant))
        except Exception as e:
            why = "%s: %s" % (type(e).__name__, e)
        return {"id": c["id"], "category": c["category"], "ok": why is None, "why": why, "ms": round((time.time() - t) * 1000, 1)}

    with ThreadPoolExecutor(a.jobs) as ex:
        res = list(ex.map(one, cases))
    cats = {}
    for r in res:
        p = cats.setdefault(r["category"], [0, 0])
        p[0] += r["ok"]
        p[1] += 1
    for r, c in zip(res, cases):
        if not r["ok"] and a.verbose:
            print("FAIL %s\n     %s %s\n     %s" % (r["id"], c["path"], c.get("params", {}).get("q") or c.get("params") or "", r["why"]))
    for k in sorted(cats):
        print("%-24s %4d / %4d" % (k, *cats[k]))
    ok = sum(r["ok"] for r in res)
    print("%-24s %4d / %4d" % ("total", ok, len(res)))
    if a.json:
        with open(a.json, "w") as f:
            json.dump({"passed": ok, "total": len(res), "categories": cats, "results": res}, f, indent=1)
    return 0 if res and ok == len(res) else 1


if __name__ == "__main__":
    sys.exit(main())
