"""A regulation of thirty clauses, invented, as a rule book; :mod:`benchmarks.by_hand` says the same as a function."""

__all__ = ["BOOK"]

BOOK = """
book = "benchmark"
version = "1"
title = "学习成果转换办法"
since = 2020-01-01
acts = ["convert"]
system = "cn-college"
basis = { b = { title = "学习成果转换办法", url = "https://example.org/b" } }
levels = { x = ["初级", "中级", "高级"] }
[fields]
"source.level" = "level:x"
"source.tier" = "text"
"pair.similarity" = "percent"
"learner.status" = "text"
[[clause]]
id = "1"
kind = "map"
basis = "b:1"
rows = [
  { from = "T0", to = "K0", credits = 1 },
  { from = "T1", to = "K1", credits = 2, until = 2022-01-01 },
  { from = "T1", to = "K1", credits = 1, since = 2022-01-01 },
  { from = "T2", to = "K2" },
  { from = "T3", to = "K3" },
  { from = "T4", to = "K4", credits = 1 },
  { from = "T6", to = "K6", credits = 3, until = 2023-01-01 },
  { from = "T6", to = "K6", credits = 2, since = 2023-01-01 },
  { from = "T7", to = "K7" },
  { from = "T8", to = "K8" },
]
[[clause]]
id = "2"
kind = "map"
basis = "b:2"
match = { "source.class" = ["x-certificate", "award"], "target.kind" = "course" }
[[clause]]
id = "3"
kind = "gate"
basis = "b:3"
forbid = { "target.category" = "思政" }
say = { zh = "思想政治理论课不得转换", en = "courses in political theory are not exchanged" }
[[clause]]
id = "4"
kind = "gate"
basis = "b:4"
forbid = { "source.revoked" = true }
when = { "source.revoked" = { present = true } }
[[clause]]
id = "5"
kind = "gate"
basis = "b:5"
when = { "source.class" = "x-certificate" }
require = { "source.issuer" = ["甲", "乙", "丙"] }
say = { zh = "证书由列入名单的机构颁发", en = "the certificate is of a listed organisation" }
[[clause]]
id = "6"
kind = "gate"
basis = "b:6"
code = "expired"
require = { "application.applied_on" = { at_most = "@source.achieved_on", plus = "7 years" } }
say = { zh = "七年内有效", en = "valid for seven years" }
[[clause]]
id = "7"
kind = "gate"
basis = "b:7"
when = { "source.level" = { at_most = "初级", absent = "fail" } }
forbid = { "target.category" = "专业核心" }
[[clause]]
id = "8"
kind = "gate"
basis = "b:8"
when = { "source.level" = { at_least = "中级", absent = "fail" } }
require = { "target.category" = ["专业核心", "专业基础", "选修"] }
[[clause]]
id = "9"
kind = "gate"
basis = "b:9"
code = "similarity"
require = { "pair.similarity" = { at_least = "80 %", absent = "pass" } }
[[clause]]
id = "10"
kind = "gate"
basis = "b:10"
when = { "source.class" = "award", "target.compulsory" = true }
held = { "source.class" = "x-certificate" }
[[clause]]
id = "11"
kind = "gate"
basis = "b:11"
require = { "learner.status" = ["在籍", "保留学籍"] }
[[clause]]
id = "12"
kind = "gate"
basis = "b:12"
when = { "source.class" = "training" }
require = { "source.hours" = { at_least = 16 } }
[[clause]]
id = "13"
kind = "gate"
basis = "b:13"
require = { "source.achieved_on" = { at_least = "@learner.enrolled_on", minus = "3 years" } }
[[clause]]
id = "14"
kind = "gate"
basis = "b:14"
require = [
  { "target.credits" = { at_most = 3 } },
  { "source.class" = "x-certificate" },
  { "source.class" = "award", "source.tier" = "国家" },
]
[[clause]]
id = "15"
kind = "worth"
basis = "b:15"
when = { "source.class" = "x-certificate" }
rows = [
  { when = { "source.level" = "初级" }, credits = 2 },
  { when = { "source.level" = "中级" }, credits = 4 },
  { when = { "source.level" = "高级" }, credits = 6 },
]
[[clause]]
id = "16"
kind = "worth"
basis = "b:16"
when = { "source.class" = "award" }
rows = [
  { when = { "source.tier" = "国家" }, credits = 4 },
  { when = { "source.tier" = "省" }, credits = "1.5" },
]
[[clause]]
id = "17"
kind = "worth"
basis = "b:17"
when = { "source.class" = "training" }
of = "@source.hours"
per = 16
[[clause]]
id = "18"
kind = "policy"
basis = "b:18"
units = "parts"
leftover = "forfeit"
[[clause]]
id = "19"
kind = "policy"
basis = "b:19"
round = { to = "0.5", way = "down" }
[[clause]]
id = "20"
kind = "policy"
basis = "b:20"
when = { "source.level" = { at_least = "高级", absent = "fail" } }
grade = "优秀"
[[clause]]
id = "21"
kind = "policy"
basis = "b:21"
grade = "合格"
[[clause]]
id = "22"
kind = "highest"
basis = "b:22"
over = { "source.class" = "award" }
per = ["source.content"]
by = "worth"
earlier = "refuse"
[[clause]]
id = "23"
kind = "once"
basis = "b:23"
per = ["target"]
across = "programme"
code = "course-used"
[[clause]]
id = "24"
kind = "once"
basis = "b:24"
per = ["source"]
[[clause]]
id = "25"
kind = "cap"
basis = "b:25"
per = ["source.class"]
at_most = { percent = 20, of = "programme" }
across = "programme"
code = "class"
[[clause]]
id = "26"
kind = "cap"
basis = "b:26"
over = { "target.category" = "专业核心" }
at_most = { percent = 50, of = "selection" }
across = "programme"
code = "core"
[[clause]]
id = "27"
kind = "cap"
basis = "b:27"
per = ["source"]
at_most = 8
across = "bank"
[[clause]]
id = "28"
kind = "cap"
basis = "b:28"
over = { "source.class" = "training" }
measure = "items"
at_most = 20
across = "programme"
code = "trainings"
[[clause]]
id = "29"
kind = "floor"
basis = "b:29"
at_least = 2
[[clause]]
id = "30"
kind = "effect"
basis = "b:30"
on = "granted"
when = { "source.level" = { at_least = "高级", absent = "fail" } }
set = { "status" = "honours" }
"""
