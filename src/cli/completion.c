/* completion.c - scripts with which bash, zsh and fish complete command lines.
 *
 * SPDX-License-Identifier: MIT
 *
 * All three do the same: walk the words before the cursor to find which command they are
 * in (its path: "dnadna simulation run"), then offer that command's options, the choices
 * of the option before, its sub-commands, or files. The paths and options come from the
 * tables that parse the command lines, so scripts and program cannot disagree.
 */
#include "cli/completion.h"

#include <string.h>

#include "base/mem.h"

typedef void (*visit_fn)(const dna_command *command, FILE *out);

static void
visit(const dna_command *command, visit_fn fn, FILE *out)
{
    fn(command, out);
    for (int i = 0; command->commands != NULL && command->commands[i] != NULL; i++) {
        visit(command->commands[i], fn, out);
    }
}

/* "a|b" with something else between. */
static void
put_choices(const char *choices, FILE *out)
{
    for (const char *c = choices; *c != '\0'; c++) {
        fputc(*c == '|' ? ' ' : *c, out);
    }
}

/* Text in single quotes of a shell; `special` gets a backslash too. */
static void
put_quoted(const char *text, const char *special, FILE *out)
{
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '\'') {
            fputs("'\\''", out);
            continue;
        }
        if (strchr(special, *c) != NULL) {
            fputc('\\', out);
        }
        fputc(*c == '\n' ? ' ' : *c, out);
    }
}

/* fish knows \' and \\ within single quotes. */
static void
put_fish(const char *text, FILE *out)
{
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '\'' || *c == '\\') {
            fputc('\\', out);
        }
        fputc(*c == '\n' ? ' ' : *c, out);
    }
}

/* The case that tells a sub-command from a word: 'dnadna train'|'dnadna pack'. */
static void
list_paths(const dna_command *command, FILE *out)
{
    for (int i = 0; command->commands != NULL && command->commands[i] != NULL; i++) {
        const dna_command *c = command->commands[i];
        fprintf(out, "        '%s') at='%s' ;;\n", c->spec->name, c->spec->name);
    }
}

/* ---- bash ------------------------------------------------------------------------ */

static void
bash_values(const dna_command *command, FILE *out)
{
    const char *path = command->spec->name;
    const dna_opt *o = NULL;

    for (int i = 0; (o = dna_opt_at(command->spec, i)) != NULL; i++) {
        if (o->is_hidden || o->kind == OPT_FLAG) {
            continue;
        }
        fprintf(out, "    '%s --%s'", path, o->name);
        if (o->letter != 0) {
            fprintf(out, "|'%s -%c'", path, o->letter);
        }
        fputs(") words='", out);
        if (o->choices != NULL) {
            put_choices(o->choices, out);
        }
        fputs("'; is_value=1 ;;\n", out);
    }
}

static void
bash_words(const dna_command *command, FILE *out)
{
    const dna_opt *o = NULL;

    fprintf(out, "    '%s')\n        options='", command->spec->name);
    for (int i = 0; (o = dna_opt_at(command->spec, i)) != NULL; i++) {
        if (!o->is_hidden) {
            fprintf(out, "%s--%s", i > 0 ? " " : "", o->name);
        }
    }
    fputs("'\n        commands='", out);
    for (int i = 0; command->commands != NULL && command->commands[i] != NULL; i++) {
        fprintf(out, "%s%s", i > 0 ? " " : "", command->commands[i]->name);
    }
    fputs("' ;;\n", out);
}

static void
write_bash(const dna_command *command, FILE *out)
{
    fputs(
        "# bash completion for dnadna, made by `dnadna completion bash`\n"
        "_dnadna() {\n"
        "    local at=dnadna i words= options= commands= is_value=0\n"
        "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}\n"
        "    COMPREPLY=()\n"
        "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
        "        case \"$at ${COMP_WORDS[i]}\" in\n",
        out);
    visit(command, list_paths, out);
    fputs("        esac\n"
          "    done\n"
          "    case \"$at $before\" in\n",
        out);
    visit(command, bash_values, out);
    fputs("    esac\n"
          "    case $at in\n",
        out);
    visit(command, bash_words, out);
    fputs("    esac\n"
          "    if [ $is_value = 0 ]; then\n"
          "        case $word in\n"
          "        -*) words=$options ;;\n"
          "        *) words=$commands ;;\n"
          "        esac\n"
          "    fi\n"
          "    COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
          "}\n"
          "complete -o default -F _dnadna dnadna\n",
        out);
}

/* ---- zsh ------------------------------------------------------------------------- */

static void
zsh_option(const dna_opt *o, FILE *out)
{
    char name[64];

    if (o->letter != 0) {
        fprintf(out, "        '(-%c --%s)'{-%c,--%s}'", o->letter, o->name, o->letter,
            o->name);
    } else {
        fprintf(out, "        '%s--%s", o->kind == OPT_LIST ? "*" : "", o->name);
    }
    fputc('[', out);
    put_quoted(o->doc, "[]\\", out);
    fputc(']', out);
    if (o->kind != OPT_FLAG) {
        dna_opt_value_name(name, sizeof(name), o);
        fputc(':', out);
        put_quoted(name, ":\\", out);
        fputc(':', out);
        if (o->choices != NULL) {
            fputc('(', out);
            put_choices(o->choices, out);
            fputc(')', out);
        } else {
            fputs("_files", out);
        }
    }
    fputs("' \\\n", out);
}

static void
zsh_function(const dna_command *command, FILE *out)
{
    const dna_opt *o = NULL;

    fprintf(out, "    '%s')\n", command->spec->name);
    if (command->commands != NULL) {
        fputs("        commands=(\n", out);
    }
    for (int i = 0; command->commands != NULL && command->commands[i] != NULL; i++) {
        fprintf(out, "        '%s:", command->commands[i]->name);
        put_quoted(command->commands[i]->summary, ":\\", out);
        fputs("'\n", out);
    }
    if (command->commands != NULL) {
        fputs("        )\n", out);
    }
    fputs("        _arguments -s \\\n", out);
    for (int i = 0; (o = dna_opt_at(command->spec, i)) != NULL; i++) {
        if (!o->is_hidden) {
            zsh_option(o, out);
        }
    }
    fprintf(out, "        '*: :%s' ;;\n",
        command->commands != NULL ? "{_describe command commands}" : "_files");
}

static void
write_zsh(const dna_command *command, FILE *out)
{
    fputs("#compdef dnadna\n"
          "# zsh completion for dnadna, made by `dnadna completion zsh`\n"
          "_dnadna() {\n"
          "    local at=dnadna i start=1\n"
          "    local -a commands\n"
          "    for ((i = 2; i < CURRENT; i++)); do\n"
          "        local before=$at\n"
          "        case \"$at $words[i]\" in\n",
        out);
    visit(command, list_paths, out);
    fputs("        esac\n"
          "        [ \"$at\" = \"$before\" ] || start=$i\n"
          "    done\n"
          "    # only the words of the command itself are its options and arguments\n"
          "    words=(\"${(@)words[start,-1]}\")\n"
          "    ((CURRENT -= start - 1))\n"
          "    case $at in\n",
        out);
    visit(command, zsh_function, out);
    fputs("    esac\n"
          "}\n"
          "_dnadna \"$@\"\n",
        out);
}

/* ---- fish ------------------------------------------------------------------------ */

static void
fish_paths(const dna_command *command, FILE *out)
{
    for (int i = 0; command->commands != NULL && command->commands[i] != NULL; i++) {
        fprintf(out, " '%s'", command->commands[i]->spec->name);
    }
}

static void
fish_command(const dna_command *command, FILE *out)
{
    const char *path = command->spec->name;
    const dna_opt *o = NULL;

    for (int i = 0; command->commands != NULL && command->commands[i] != NULL; i++) {
        const dna_command *c = command->commands[i];
        fprintf(
            out, "complete -c dnadna -n '__dnadna_at %s' -f -a %s -d '", path, c->name);
        put_fish(c->summary, out);
        fputs("'\n", out);
    }
    for (int i = 0; (o = dna_opt_at(command->spec, i)) != NULL; i++) {
        if (o->is_hidden) {
            continue;
        }
        fprintf(out, "complete -c dnadna -n '__dnadna_at %s' -l %s", path, o->name);
        if (o->letter != 0) {
            fprintf(out, " -s %c", o->letter);
        }
        if (o->choices != NULL) {
            fputs(" -x -a '", out);
            put_choices(o->choices, out);
            fputc('\'', out);
        } else if (o->kind != OPT_FLAG) {
            fputs(" -r", out);
        }
        fputs(" -d '", out);
        put_fish(o->doc, out);
        fputs("'\n", out);
    }
}

static void
write_fish(const dna_command *command, FILE *out)
{
    fputs("# fish completion for dnadna, made by `dnadna completion fish`\n"
          "function __dnadna_at\n"
          "    set -l at dnadna\n"
          "    for word in (commandline -opc)[2..-1]\n"
          "        if contains -- \"$at $word\"",
        out);
    visit(command, fish_paths, out);
    fputs("\n"
          "            set at \"$at $word\"\n"
          "        end\n"
          "    end\n"
          "    test \"$at\" = \"$argv\"\n"
          "end\n",
        out);
    visit(command, fish_command, out);
}

int
dna_completion_write(const dna_command *command, const char *shell, FILE *out)
{
    static const struct {
        const char *shell;
        visit_fn write;
    } forms[] = {{"bash", write_bash}, {"zsh", write_zsh}, {"fish", write_fish}};

    for (int64_t i = 0; i < DNA_COUNT(forms); i++) {
        if (strcmp(forms[i].shell, shell) == 0) {
            forms[i].write(command, out);
            return DNA_OK;
        }
    }
    return dna_fail(DNA_EARG, "no completion for \"%s\": bash, zsh or fish", shell);
}
