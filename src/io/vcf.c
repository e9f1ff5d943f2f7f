/* vcf.c - records of VCF and BCF.
 *
 * SPDX-License-Identifier: MIT
 */
#include "io/vcf.h"

#include <htslib/bgzf.h>
#include <htslib/tbx.h>
#include <htslib/vcf.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "io/data_stream.h"

struct dna_vcf {
    dna_data_file *file;
    htsFile *stream;
    bcf_hdr_t *header;
    bcf1_t *record;
    int64_t n_sample, n_read;
    int gt; /* number of the key GT, -1 until it is known */
    bool wants_ancestral;
    char *ancestral;
    int ancestral_size;
    int8_t *call;
    size_t call_size;
    uint8_t *phased;
    /* a region */
    char *contig; /* NULL: all */
    int64_t from, to;
    hts_idx_t *index;
    tbx_t *table;
    hts_itr_t *walk;
    bool has_walk;
    kstring_t line;
};

void
dna_vcf_close(dna_vcf *vcf)
{
    if (vcf == NULL) {
        return;
    }
    hts_itr_destroy(vcf->walk);
    if (vcf->table != NULL) {
        tbx_destroy(vcf->table);
    }
    if (vcf->index != NULL) {
        hts_idx_destroy(vcf->index);
    }
    free(vcf->line.s);
    free(vcf->ancestral);
    if (vcf->record != NULL) {
        bcf_destroy(vcf->record);
    }
    if (vcf->header != NULL) {
        bcf_hdr_destroy(vcf->header);
    }
    if (vcf->stream != NULL) {
        (void)hts_close(vcf->stream); /* only read: nothing can be lost */
    }
    dna_free(vcf->contig);
    dna_free(vcf->call);
    dna_free(vcf->phased);
    dna_data_close(vcf->file);
    dna_free(vcf);
}

int
dna_vcf_open(dna_vcf **out, dna_data_file **file)
{
    dna_vcf *vcf = NULL;
    const char *name = (*file)->name;
    int rc = DNA_OK;

    DNA_NEW(vcf, 1);
    vcf->file = *file;
    *file = NULL;
    vcf->stream = hts_hopen(vcf->file->stream, vcf->file->path, "r");
    DNA_REQUIRE(vcf->stream != NULL, DNA_EFORMAT, "%s: cannot be read as %s", name,
        dna_data_kind_name(vcf->file->kind));
    vcf->file->stream = NULL; /* the other's now */
    bool is_bgzf = vcf->stream->format.compression == bgzf;
    DNA_REQUIRE(!is_bgzf || hts_check_EOF(vcf->stream) != 0, DNA_EFORMAT,
        "%s: the block that ends such a file is missing: it is truncated", name);
    vcf->header = bcf_hdr_read(vcf->stream);
    DNA_REQUIRE(vcf->header != NULL, DNA_EFORMAT,
        "%s: its %s header is damaged or ends too early", name,
        dna_data_kind_name(vcf->file->kind));
    vcf->record = bcf_init();
    DNA_REQUIRE(vcf->record != NULL, DNA_ENOMEM, "out of memory");
    vcf->n_sample = bcf_hdr_nsamples(vcf->header);
    vcf->gt = bcf_hdr_id2int(vcf->header, BCF_DT_ID, "GT");
    DNA_NEW(vcf->phased, vcf->n_sample);
    *out = vcf;
    vcf = NULL;
out:
    dna_vcf_close(vcf);
    return rc;
}

int64_t
dna_vcf_n_sample(const dna_vcf *vcf)
{
    return vcf->n_sample;
}

const char *
dna_vcf_sample(const dna_vcf *vcf, int64_t i)
{
    return vcf->header->samples[i];
}

const char *
dna_vcf_contig(const dna_vcf *vcf, int64_t i)
{
    return i >= 0 && i < vcf->header->n[BCF_DT_CTG]
               ? bcf_hdr_id2name(vcf->header, (int)i)
               : NULL;
}

int64_t
dna_vcf_contig_length(const dna_vcf *vcf, int64_t i)
{
    return (int64_t)vcf->header->id[BCF_DT_CTG][i].val->info[0];
}

void
dna_vcf_want_ancestral(dna_vcf *vcf)
{
    vcf->wants_ancestral = true;
}

int
dna_vcf_set_threads(dna_vcf *vcf, int n_thread)
{
    int rc = DNA_OK;

    DNA_REQUIRE(n_thread < 1 || vcf->stream->format.compression != bgzf
                    || hts_set_threads(vcf->stream, n_thread) == 0,
        DNA_ENOMEM, "%s: the system has no thread left", vcf->file->name);
out:
    return rc;
}

/* ---- regions ----------------------------------------------------------------------- */

/* Where an index says that the region is; false without an index. */
static bool
start_walk(dna_vcf *vcf)
{
    const char *path = vcf->file->path;

    if (strcmp(path, "-") == 0 || vcf->stream->format.compression != bgzf) {
        return false;
    }
    if (vcf->file->kind == DNA_DATA_BCF) {
        int id = bcf_hdr_name2id(vcf->header, vcf->contig);
        vcf->index = hts_idx_load3(path, NULL, HTS_FMT_CSI, HTS_IDX_SILENT_FAIL);
        if (vcf->index == NULL || id < 0) {
            return false;
        }
        vcf->walk = hts_itr_query(vcf->index, id, vcf->from - 1, vcf->to, bcf_readrec);
        return vcf->walk != NULL;
    }
    vcf->table = tbx_index_load3(path, NULL, HTS_IDX_SILENT_FAIL);
    if (vcf->table == NULL) {
        return false;
    }
    int id = tbx_name2id(vcf->table, vcf->contig);
    if (id < 0) { /* an index of a file without this contig: it may be another's */
        return false;
    }
    vcf->walk = tbx_itr_queryi(vcf->table, id, vcf->from - 1, vcf->to);
    return vcf->walk != NULL;
}

int
dna_vcf_set_region(
    dna_vcf *vcf, const char *contig, int64_t from, int64_t to, bool *is_indexed)
{
    int rc = DNA_OK;

    DNA_REQUIRE(vcf->header->n[BCF_DT_CTG] == 0
                    || bcf_hdr_name2id(vcf->header, contig) >= 0
                    || vcf->file->kind == DNA_DATA_VCF, /* may come without a line */
        DNA_ENOTFOUND, "%s: has no contig \"%s\"", vcf->file->name, contig);
    vcf->contig = dna_strdup(contig);
    if (vcf->contig == NULL) {
        rc = DNA_ENOMEM;
        goto out;
    }
    vcf->from = from;
    vcf->to = to;
    vcf->has_walk = start_walk(vcf);
    *is_indexed = vcf->has_walk;
out:
    return rc;
}

static bool
is_inside(const dna_vcf *vcf)
{
    if (vcf->contig == NULL) {
        return true;
    }
    int64_t position = vcf->record->pos + 1;
    return position >= vcf->from && position <= vcf->to
           && strcmp(bcf_hdr_id2name(vcf->header, vcf->record->rid), vcf->contig) == 0;
}

/* ---- genotypes --------------------------------------------------------------------- */

/* Two copies in a byte each: what nearly all records are. A byte is twice (allele + 1), and
 * 1 more if it is phased. False for what only decode_any() knows: bytes from 128 on, and
 * alleles that the record does not have. Four samples at a time; sums and differences of
 * the bytes of a word stay within them, as all are below 128. */
static bool
decode_pairs(int8_t *call, uint8_t *phased, const uint8_t *in, int64_t n, int n_allele,
    bool *is_complete)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    const uint64_t tops = ones << 7;
    const uint64_t room = ones * (uint64_t)(127 - DNA_MIN(n_allele, 127));
    uint64_t bad = 0, known = tops;
    int64_t i = 0;

    for (; i + 4 <= n; i += 4) {
        uint64_t v, alleles, calls;
        memcpy(&v, in + 2 * i, 8);
        alleles = v >> 1 & ~tops;
        bad |= v | (alleles + room);   /* from 128 on: none of the record's */
        known &= alleles + ones * 127; /* from 128 on: not missing */
        calls = ((alleles | tops) - ones) ^ tops;
        memcpy(call + 2 * i, &calls, 8);
        for (int k = 0; k < 4; k++) {
            phased[i + k] = in[2 * (i + k) + 1] & 1;
        }
    }
    for (i *= 2; i < 2 * n; i++) {
        unsigned allele = in[i] >> 1;
        bad |= in[i] | (allele + (unsigned)(127 - DNA_MIN(n_allele, 127)));
        known &= allele == 0 ? 0 : tops;
        call[i] = (int8_t)(allele - 1);
        phased[i / 2] = in[i | 1] & 1;
    }
    *is_complete = known == tops;
    return (bad & tops) == 0;
}

static int64_t
value_at(const bcf_fmt_t *fmt, int64_t k, bool *is_absent)
{
    *is_absent = false;
    if (fmt->type == BCF_BT_INT8) {
        int8_t v = ((const int8_t *)fmt->p)[k];
        *is_absent = v == bcf_int8_vector_end;
        return v == bcf_int8_missing ? 0 : v;
    }
    if (fmt->type == BCF_BT_INT16) {
        int16_t v;
        memcpy(&v, fmt->p + 2 * k, 2);
        *is_absent = v == bcf_int16_vector_end;
        return v == bcf_int16_missing ? 0 : v;
    }
    int32_t v;
    memcpy(&v, fmt->p + 4 * k, 4);
    *is_absent = v == bcf_int32_vector_end;
    return v == bcf_int32_missing ? 0 : v;
}

/* Any width and number of copies. A copy after an absent one is absent. */
static int
decode_any(dna_vcf *vcf, const bcf_fmt_t *fmt, dna_vcf_record *r)
{
    int rc = DNA_OK;

    for (int64_t s = 0; s < vcf->n_sample; s++) {
        bool is_over = false, is_phased = true;
        for (int64_t c = 0; c < fmt->n; c++) {
            bool is_absent = false;
            int64_t v = value_at(fmt, s * fmt->n + c, &is_absent);
            is_over = is_over || is_absent;
            int64_t allele = (v >> 1) - 1;
            DNA_REQUIRE(is_over || (allele >= -1 && allele < r->n_allele), DNA_EFORMAT,
                "%s: %s:%lld: sample %s has allele %lld, the record has %d",
                vcf->file->name, dna_vcf_contig(vcf, r->contig), (long long)r->position,
                dna_vcf_sample(vcf, s), (long long)allele, r->n_allele);
            is_phased = is_phased && (c == 0 || is_over || (v & 1) != 0);
            vcf->call[s * fmt->n + c] =
                (int8_t)(is_over ? DNA_CALL_ABSENT
                                 : DNA_MIN(allele, DNA_CALL_MAX_ALLELE));
            r->is_complete = r->is_complete && !is_over && allele >= 0;
        }
        vcf->phased[s] = is_phased;
    }
out:
    return rc;
}

static int
decode(dna_vcf *vcf, dna_vcf_record *r)
{
    bcf_fmt_t *fmt = NULL;
    int rc = DNA_OK;

    if (vcf->gt < 0) {
        vcf->gt = bcf_hdr_id2int(vcf->header, BCF_DT_ID, "GT");
    }
    if (vcf->gt >= 0 && vcf->n_sample > 0) {
        fmt = bcf_get_fmt_id(vcf->record, vcf->gt);
    }
    if (fmt == NULL || fmt->n < 1 || fmt->p == NULL) {
        goto out;
    }
    DNA_REQUIRE(fmt->type == BCF_BT_INT8 || fmt->type == BCF_BT_INT16
                    || fmt->type == BCF_BT_INT32,
        DNA_EFORMAT, "%s: %s:%lld: GT is not what genotypes are stored as",
        vcf->file->name, dna_vcf_contig(vcf, r->contig), (long long)r->position);
    size_t size = (size_t)vcf->n_sample * (size_t)fmt->n;
    if (size > vcf->call_size) {
        int8_t *more = dna_realloc(vcf->call, size, 1);
        if (more == NULL) {
            rc = DNA_ENOMEM;
            goto out;
        }
        vcf->call = more;
        vcf->call_size = size;
    }
    r->n_copy = fmt->n;
    r->call = vcf->call;
    r->phased = vcf->phased;
    r->is_complete = true;
    if (fmt->type == BCF_BT_INT8 && fmt->n == 2) {
        if (decode_pairs(vcf->call, vcf->phased, fmt->p, vcf->n_sample, r->n_allele,
                &r->is_complete)) {
            goto out;
        }
        r->is_complete = true;
    }
    DNA_TRY(decode_any(vcf, fmt, r));
out:
    return rc;
}

/* ---- records ----------------------------------------------------------------------- */

static int
read_record(dna_vcf *vcf)
{
    if (!vcf->has_walk) {
        return bcf_read(vcf->stream, vcf->header, vcf->record);
    }
    if (vcf->table == NULL) {
        return bcf_itr_next(vcf->stream, vcf->walk, vcf->record);
    }
    int got = tbx_itr_next(vcf->stream, vcf->table, vcf->walk, &vcf->line);
    return got < 0 ? got
                   : (vcf_parse(&vcf->line, vcf->header, vcf->record) < 0 ? -2 : 0);
}

/* What htslib reads and only marks. An undeclared contig or tag is added to the header,
 * as bcftools does. */
static int
check_record(const dna_vcf *vcf)
{
    const bcf1_t *b = vcf->record;
    static const int harmless = BCF_ERR_CTG_UNDEF | BCF_ERR_TAG_UNDEF;
    int rc = DNA_OK;

    DNA_REQUIRE((b->errcode & BCF_ERR_NCOLS) == 0, DNA_EFORMAT,
        "%s: record %lld does not have the columns of %lld samples", vcf->file->name,
        (long long)vcf->n_read, (long long)vcf->n_sample);
    DNA_REQUIRE((b->errcode & ~harmless) == 0, DNA_EFORMAT,
        "%s: record %lld is damaged", vcf->file->name, (long long)vcf->n_read);
    DNA_REQUIRE(b->rid >= 0 && b->rid < vcf->header->n[BCF_DT_CTG], DNA_EFORMAT,
        "%s: record %lld has a contig that the header lacks", vcf->file->name,
        (long long)vcf->n_read);
    DNA_REQUIRE(b->pos >= 0, DNA_EFORMAT,
        "%s: record %lld: POS is not a number from 1 on", vcf->file->name,
        (long long)vcf->n_read);
    DNA_REQUIRE(b->n_sample == (uint32_t)vcf->n_sample || b->n_fmt == 0, DNA_EFORMAT,
        "%s: record %lld has %u samples, the header %lld", vcf->file->name,
        (long long)vcf->n_read, b->n_sample, (long long)vcf->n_sample);
out:
    return rc;
}

static int
read_ancestral(dna_vcf *vcf, dna_vcf_record *r)
{
    if (!vcf->wants_ancestral) {
        return DNA_OK;
    }
    int n = bcf_get_info_string(
        vcf->header, vcf->record, "AA", &vcf->ancestral, &vcf->ancestral_size);
    if (n == -4) {
        return dna_fail(DNA_ENOMEM, "out of memory");
    }
    r->ancestral = n > 0 ? vcf->ancestral : NULL;
    return DNA_OK;
}

int
dna_vcf_next(dna_vcf *vcf, dna_vcf_record *record)
{
    int rc = DNA_OK;

    do {
        int got = read_record(vcf);
        if (got == -1) {
            return 0;
        }
        vcf->n_read++;
        if (got < 0 && vcf->record->errcode != 0) {
            DNA_TRY(check_record(vcf)); /* it may know better */
        }
        DNA_REQUIRE(got >= 0, DNA_EFORMAT,
            "%s: is damaged or truncated at record %lld%s", vcf->file->name,
            (long long)vcf->n_read,
            vcf->has_walk ? " (or its index belongs to another file)" : "");
        DNA_TRY(check_record(vcf));
    } while (!is_inside(vcf));
    int bad = bcf_unpack(vcf->record, BCF_UN_STR | BCF_UN_FMT);
    DNA_REQUIRE(bad == 0, DNA_EFORMAT, "%s: record %lld is damaged", vcf->file->name,
        (long long)vcf->n_read);
    *record = (dna_vcf_record){.contig = vcf->record->rid,
        .position = vcf->record->pos + 1,
        .n_allele = (int)vcf->record->n_allele,
        .alleles = (const char *const *)vcf->record->d.allele};
    DNA_TRY(read_ancestral(vcf, record));
    DNA_TRY(decode(vcf, record));
    rc = 1;
out:
    return rc;
}
