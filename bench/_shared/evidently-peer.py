"""Answers on stdin/stdout, a line each: the path of two float64 files first, then `psi` or `ks` with `report` or `core`; tells seconds and the values of the columns."""
import json
import sys
import time

import numpy as np
import pandas as pd
from evidently import Report
from evidently.metrics import ValueDrift
from scipy.stats import ks_2samp


def frame(path, columns):
    values = np.fromfile(path, dtype=np.float64).reshape(columns, -1)
    return pd.DataFrame({f"c{i}": values[i] for i in range(columns)})


def report(method, ref, cur):
    snapshot = Report([ValueDrift(column=name, method=method) for name in ref.columns]).run(cur, ref)
    return [float(metric["value"]) for metric in snapshot.dict()["metrics"]]


def edges(ref, cur):
    return {name: np.histogram_bin_edges(np.concatenate([ref[name].values, cur[name].values]), bins="sturges").tolist() for name in ref.columns}


def core(method, ref, cur, bins):
    if method == "ks":
        return [float(ks_2samp(ref[name].values, cur[name].values).statistic) for name in ref.columns]
    found = []
    for name in ref.columns:
        p = np.histogram(ref[name].values, bins[name])[0] / len(ref)
        q = np.histogram(cur[name].values, bins[name])[0] / len(cur)
        found.append(float(np.sum((p - q) * np.log(p / q))))
    return found


def main():
    start = json.loads(sys.stdin.readline())
    ref, cur = frame(start["ref"], start["columns"]), frame(start["cur"], start["columns"])
    bins = edges(ref, cur)
    print(json.dumps({"edges": bins}), flush=True)
    for line in sys.stdin:
        method, how = line.split()
        run = (lambda: report(method, ref, cur)) if how == "report" else (lambda: core(method, ref, cur, bins))
        run()
        began = time.perf_counter()
        values = run()
        print(json.dumps({"seconds": time.perf_counter() - began, "values": values}), flush=True)


main()
