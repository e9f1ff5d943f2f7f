"""What dnadna reads of VCF and BCF, against bcftools.

    bcftools.py DNADNA TESTS/DATA

bcftools tells every record as text; the rules of docs/config.md section 16 are applied to that
here, anew. Files: odd ones that are written here, and all VCFs of ../shared/data/vcf beside the
project, if they are there. Needs bcftools, else it is skipped (77).

SPDX-License-Identifier: MIT
"""
import ast
import glob
import os
import random
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import zipfile

if shutil.which("bcftools") is None:
    print("skipped: no bcftools")
    sys.exit(77)

dnadna, data = sys.argv[1:3]
shared = os.path.join(data, "../../../shared/data/vcf")
work = tempfile.TemporaryDirectory()
os.chdir(work.name)


def run(*args, status=0):
    p = subprocess.run(args, capture_output=True, text=True)
    assert p.returncode == status, f"{args}: {p.returncode}: {p.stderr}"
    return p.stdout if status == 0 else p.stderr


def read_npy(archive, name):
    """Shape and numbers of an array of signed or unsigned bytes, or of int64."""
    raw = archive.read(name + ".npy")
    n = struct.unpack("<H", raw[8:10])[0]
    head = ast.literal_eval(raw[10 : 10 + n].decode())
    body = raw[10 + n :]
    code = {"|u1": "B", "|i1": "b", "<i8": "q"}[head["descr"]]
    size = struct.calcsize(code)
    numbers = struct.unpack(f"<{len(body) // size}{code}", body)
    if head["fortran_order"]:
        n_row = head["shape"][0]
        numbers = tuple(x for i in range(n_row) for x in numbers[i::n_row])
    return head["shape"], numbers


def matrix(path):
    """Columns, a list a site, and positions."""
    with zipfile.ZipFile(path) as z:
        (n_row, n_site), snp = read_npy(z, "SNP")
        _, pos = read_npy(z, "POS")
    return [list(snp[i::n_site]) for i in range(n_site)], list(pos)


def records(path, region=None):
    where = ["-r", region] if region else []
    text = run("bcftools", "query", *where, "-f", r"%CHROM\t%POS\t%REF\t%ALT[\t%GT]\n", path)
    for line in text.splitlines():
        contig, pos, ref, alt, *gts = line.split("\t")
        yield contig, int(pos), [ref] + ([] if alt == "." else alt.split(",")), gts


def is_snp(alleles):
    return all(len(a) == 1 and a not in "*.<" for a in alleles)


def dosage(gt):
    """Copies of the first alternate allele; -1 where one is missing."""
    copies = re.split(r"[/|]", gt)
    return -1 if "." in copies else copies.count("1")


def check_dosages(path, contig):
    """--phase dosage with everything kept that can be."""
    expected = sorted(
        ((r[1], [dosage(g) for g in r[3]]) for r in records(path)
         if r[0] == contig and is_snp(r[2])), key=lambda r: r[0])
    run(dnadna, "convert", path, "out.npz", "--region", contig, "--phase", "dosage", "--ploidy",
        "mixed", "--max-missing", "1", "--monomorphic", "keep", "--multiallelic", "first",
        "--duplicates", "keep", "--sort")
    columns, pos = matrix("out.npz")
    assert pos == [r[0] for r in expected], f"{path}: positions"
    for at, have, (_, want) in zip(pos, columns, expected):
        assert have == want, f"{path}: {at}: {have}, not {want}"
    return len(pos)


def check_haplotypes(path, contig):
    """The defaults: phased, biallelic, complete, varying, the first of a position."""
    expected, last = [], None
    for c, pos, alleles, gts in records(path):
        copies = [x for g in gts for x in g.split("|")]
        if (c == contig and is_snp(alleles) and len(alleles) <= 2 and "." not in copies
                and len(set(copies)) > 1 and pos != last):
            expected.append((pos, [int(x) for x in copies]))
            last = pos
    run(dnadna, "convert", path, "out.npz", "--region", contig)
    columns, pos = matrix("out.npz")
    assert pos == [r[0] for r in expected], f"{path}: positions"
    assert columns == [r[1] for r in expected], f"{path}: haplotypes"
    os.rename("out.npz", "haplotypes.npz")


def check_inspection(path):
    """Counts of samples, records, alleles and missing genotypes."""
    text = run(dnadna, "inspect", path)

    def told(what):
        return re.search(rf"^    {what} +(\S+)", text, re.M).group(1)

    n = n_snp = n_multi = n_copy = n_missing = 0
    for _, _, alleles, gts in records(path):
        copies = [x for g in gts for x in re.split(r"[/|]", g)]
        n += 1
        n_snp += is_snp(alleles) and len(alleles) > 1
        n_multi += len(alleles) > 2
        n_copy += len(copies)
        n_missing += copies.count(".")
    samples = run("bcftools", "query", "-l", path).split("\n")[:-1]
    assert told("samples").rstrip(":") == str(len(samples)), f"{path}: samples\n{text}"
    assert told("all") == str(n), f"{path}: {n} records\n{text}"
    assert told("multiallelic") == str(n_multi), f"{path}: {n_multi} multiallelic\n{text}"
    assert told("missing") == f"{100 * n_missing / n_copy:.4g}", (
        f"{path}: {n_missing} of {n_copy} missing\n{text}")
    return n_snp, told("SNPs"), text


def is_phased(path):
    return not any("/" in g and len(set(g.split("/"))) > 1 for r in records(path) for g in r[3])


# ---- odd files ------------------------------------------------------------------------------

HEAD = ("##fileformat=VCFv4.2\n##contig=<ID=1>\n##contig=<ID=X>\n"
        '##FORMAT=<ID=GT,Number=1,Type=String,Description="x">\n'
        '##FORMAT=<ID=DP,Number=1,Type=Integer,Description="x">\n')


def write_odd(path, n, gts, is_sorted=True, n_record=400):
    """Records of all kinds; gts(random, n_allele) makes a genotype of each of n samples."""
    r = random.Random(path)
    kinds = [("A", "C")] * 6 + [("A", "."), ("AT", "A"), ("G", "A,T"), ("C", "*"), ("T", "<DEL>"),
                                ("G", "A,C,T")]
    rows = []
    for contig in "1X":
        pos = 10
        for _ in range(n_record):
            pos += r.choice([0, 1, 7, 100])
            ref, alt = r.choice(kinds)
            n_allele = 1 if alt == "." else 2 + alt.count(",")
            rows.append([contig, pos, ref, alt, [gts(r, i, n_allele) for i in range(n)]])
    if not is_sorted:
        r.shuffle(rows)
        rows.sort(key=lambda row: row[0])
    with open(path, "w") as f:
        names = "\t".join(f"s{i}" for i in range(n))
        f.write(HEAD + f"#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t{names}\n")
        for contig, pos, ref, alt, calls in rows:
            calls = "\t".join(f"{c}:3" for c in calls)
            f.write(f"{contig}\t{pos}\t.\t{ref}\t{alt}\t.\t.\t.\tGT:DP\t{calls}\n")


def diploid(sep, missing):
    def make(r, i, n_allele):
        a, b = (str(r.randrange(n_allele)) if r.random() >= missing else "." for _ in "ab")
        return a + sep + b
    return make


def mixed(r, i, n_allele):
    n = 1 if i % 3 == 0 else 2 if i % 3 == 1 else 3
    return "/".join(str(r.randrange(n_allele)) if r.random() > 0.1 else "." for _ in range(n))


def haploid(r, i, n_allele):
    return str(r.randrange(n_allele))


write_odd("phased.vcf", 20, diploid("|", 0))
write_odd("phased_missing.vcf", 9, diploid("|", 0.01))
write_odd("unphased.vcf", 7, diploid("/", 0.05))
write_odd("haploid.vcf", 5, haploid)
write_odd("mixed.vcf", 7, mixed)
write_odd("unsorted.vcf", 4, diploid("|", 0), is_sorted=False)
write_odd("many.vcf", 765, diploid("/", 0.02), n_record=30)
odd = sorted(glob.glob("*.vcf"))
for path in odd:
    run("bcftools", "view", "-Ob", "-o", path[:-3] + "bcf", path)
    run("bcftools", "view", "-Oz", "-o", path + ".gz", path)
for path in odd:
    for other in path, path[:-3] + "bcf", path + ".gz":
        check_dosages(other, "X")
        check_inspection(other)
for path in "phased", "phased_missing", "haploid":
    for end in "vcf", "bcf", "vcf.gz":
        check_haplotypes(f"{path}.{end}", "1")

# what cannot be, with what to do
for path, text in (("unphased.vcf", "--phase pseudo"), ("mixed.vcf", "--ploidy"),
                   ("unsorted.vcf", "--sort")):
    message = run(dnadna, "convert", "--region", "1", "--max-missing", "1", path, "no.npz", status=1)
    assert text in message and message.count("ERROR") == 1, message
assert "--region" in run(dnadna, "convert", "phased.vcf", "no.npz", status=1)

# by an index: the same records; an index of another file loses none without a word
for path in "phased.bcf", "phased.vcf.gz":
    run("bcftools", "index", path)
    run(dnadna, "convert", path, "out.npz", "--region", "X:100-2000")
    text = open("out.npz", "rb").read()
    run(dnadna, "convert", "phased.vcf", "out.npz", "--region", "X:100-2000")
    assert text == open("out.npz", "rb").read(), path
run("bcftools", "view", "-Ob", "-o", "other.bcf", "many.vcf")
shutil.copy("phased.bcf.csi", "other.bcf.csi")
p = subprocess.run([dnadna, "convert", "other.bcf", "out.npz", "--region", "X:1-5000", "--phase",
                    "pseudo", "--max-missing", "1"], capture_output=True, text=True)
if p.returncode == 0:
    text = open("out.npz", "rb").read()
    run(dnadna, "convert", "many.vcf", "out.npz", "--region", "X:1-5000", "--phase", "pseudo",
        "--max-missing", "1")
    assert text == open("out.npz", "rb").read(), "a wrong index lost records"
else:
    assert "index" in p.stderr and p.stderr.count("ERROR") == 1, p.stderr

# cut, and a header that lies
whole = open("many.vcf.gz", "rb").read()
for n in len(whole) - 28, len(whole) - 29, len(whole) // 2:
    open("cut.vcf.gz", "wb").write(whole[:n])
    message = run(dnadna, "convert", "--phase", "pseudo", "cut.vcf.gz", "no.npz", status=1)
    assert "cut.vcf.gz" in message and "truncated" in message, message
lines = open("phased.vcf").read().splitlines(keepends=True)
more = [line.rstrip("\n") + "\tone_more\n" if line.startswith("#CHROM") else line for line in lines]
open("lies.vcf", "w").writelines(more)
message = run(dnadna, "convert", "--region", "1", "lies.vcf", "no.npz", status=1)
assert "columns of 21 samples" in message, message
bad = [re.sub(r"[0-9]\|[0-9]", "0|9", line, count=1) if i == 12 else line for i, line in enumerate(lines)]
open("bad.vcf", "w").writelines(bad)
message = run(dnadna, "convert", "--region", bad[12].split("\t")[0], "bad.vcf", "no.npz", status=1)
assert "has allele 9, the record has" in message, message
assert not os.path.exists("no.npz")

# polarised by a FASTA: ancestral is C at every third place, A at others, unknown beyond its end
sites = [r for r in records("phased.vcf") if r[0] == "1" and is_snp(r[2]) and len(r[2]) == 2]
length = sites[len(sites) // 2][1]
sequence = "".join("c" if i % 3 == 0 else "A" for i in range(1, length + 1))
with open("anc.fa", "w") as f:
    f.write(">1\n" + "\n".join(sequence[i : i + 60] for i in range(0, length, 60)) + "\n")
with open("anc.fa.fai", "w") as f:
    f.write(f"1\t{length}\t3\t60\t61\n")
expected = []
for _, pos, alleles, gts in sites:
    base = sequence[pos - 1].upper() if pos <= length else None
    copies = [x for g in gts for x in g.split("|")]
    if base in alleles and len(set(copies)) > 1 and (not expected or expected[-1][0] != pos):
        flip = alleles.index(base)
        expected.append((pos, [int(x) ^ flip for x in copies]))
run(dnadna, "convert", "phased.vcf", "out.npz", "--region", "1", "--polarize", "fasta",
    "--ancestral-file", "anc.fa")
columns, pos = matrix("out.npz")
assert pos == [e[0] for e in expected] and columns == [e[1] for e in expected], "polarised"
assert 0 < len(pos) < len(sites)

# ---- files of others ------------------------------------------------------------------------

for path in sorted(glob.glob(os.path.join(shared, "*.vcf*"))):
    if path.endswith((".tbi", ".csi")):
        continue
    if "reference" in path:  # large: a part, for which there is an index
        run("bcftools", "view", "-Oz", "-o", "part.vcf.gz", "-r", "20:1000000-1200000", path)
        path = "part.vcf.gz"
    check_inspection(path)
    contigs = {}
    for r in records(path):
        contigs[r[0]] = contigs.get(r[0], 0) + 1
    most = max(contigs, key=contigs.get)
    check_dosages(path, most)
    if is_phased(path) and "haploidX" not in path:
        check_haplotypes(path, most)
    if "GBR30" in path:
        with zipfile.ZipFile("haplotypes.npz") as a, zipfile.ZipFile(
                path.replace(".vcf.gz", "_dnadna.npz")) as b:
            for name in "SNP", "POS":
                assert read_npy(a, name) == read_npy(b, name), name
reference = os.path.join(shared, "shapeit4_1000G_chr20_reference")
if os.path.exists(reference + ".bcf"):
    files = []
    for end in ".vcf.gz", ".bcf":
        run(dnadna, "convert", reference + end, "out.npz")
        files.append(open("out.npz", "rb").read())
    assert files[0] == files[1], "VCF and BCF differ"
