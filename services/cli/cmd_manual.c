#include "cmd_manual.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "args.h"
#include "args_show.h"
#include "args_values.h"
#include "cli.h"
#include "commands.h"
#include "mem.h"

/* Has a command tell something of itself on standard output. */
static void ask(const struct command *c, const char *what)
{
	char *argv[] = { (char *)c->name, (char *)what, NULL };

	c->run(2, argv);
}

static bool tells(const struct command *c)
{
	return strcmp(c->name, "help") != 0;
}

/* ---- completion ---- */

/* What a value may be is asked of this, in either shell. */
static void print_values(void)
{
	fputs("_beckon_values()\n{\n\tvalues=\n\tcase $1 in\n", stdout);
	for (size_t i = 0; i < command_count; i++)
		if (tells(&commands[i]))
			ask(&commands[i], ARGS_VALUES);
	fputs("\tesac\n}\n", stdout);
}

/* Words of an option's value may be a list: those before the last comma stay. */
static const char bash_head[] =
	"_beckon()\n"
	"{\n"
	"\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} words values\n"
	"\t[ \"$prev\" != = ] || prev=${COMP_WORDS[COMP_CWORD - 2]}\n"
	"\t[ \"$cur\" != = ] || cur=\n"
	"\t_beckon_values \"${COMP_WORDS[1]} $prev\"\n"
	"\tif [ \"$COMP_CWORD\" -eq 1 ]; then\n"
	"\t\twords=\"";
static const char bash_cases[] = "--version --help\"\n"
				 "\telse\n"
				 "\t\tcase ${COMP_WORDS[1]} in\n";
static const char bash_tail[] =
	"\t\tesac\n"
	"\tfi\n"
	"\tCOMPREPLY=()\n"
	"\tcase ${values:-@options},$cur in\n"
	"\t" ARGS_VALUES_OWN ",*) ;;\n"
	"\t" ARGS_VALUES_FILES ",*) COMPREPLY=($(compgen -f -- \"$cur\")) ;;\n"
	"\t@options,*)\n"
	"\t\tCOMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
	"\t\t[ ${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- \"$cur\")) ;;\n"
	"\t*,*,*) COMPREPLY=($(compgen -P \"${cur%,*},\" -W \"$values\" -- \"${cur##*,}\")) ;;\n"
	"\t*) COMPREPLY=($(compgen -W \"$values\" -- \"$cur\")) ;;\n"
	"\tesac\n"
	"}\n"
	"complete -o filenames -F _beckon beckon\n";

static void print_bash(void)
{
	fputs("# bash completion of beckon; made by `beckon completion bash`\n", stdout);
	print_values();
	fputs(bash_head, stdout);
	for (size_t i = 0; i < command_count; i++)
		printf("%s ", commands[i].name);
	fputs(bash_cases, stdout);
	printf("\t\thelp|man) words=\"");
	for (size_t i = 0; i < command_count; i++)
		printf("%s ", commands[i].name);
	printf("--help\" ;;\n");
	for (size_t i = 0; i < command_count; i++) {
		if (!tells(&commands[i]))
			continue;
		printf("\t\t%s) words=\"", commands[i].name);
		ask(&commands[i], ARGS_WORDS);
		printf("\" ;;\n");
	}
	fputs(bash_tail, stdout);
}

/* A text between single quotes, in which a colon has a meaning of its own. */
static void print_zsh_text(const char *text)
{
	for (; *text; text++) {
		if (*text == '\'')
			fputs("'\\''", stdout);
		else if (*text == ':')
			fputs("\\:", stdout);
		else
			putchar(*text);
	}
}

static const char zsh_middle[] =
	"\t)\n"
	"\tif (( CURRENT == 2 )); then\n\t\t_describe command names\n\t\treturn\n\tfi\n"
	"\tif [[ $PREFIX == --*=* ]]; then\n\t\toption=${PREFIX%%=*}\n\t\tcompset -P 1 '*='\n\tfi\n"
	"\t_beckon_values \"$words[2] $option\"\n"
	"\tcase $values in\n"
	"\t" ARGS_VALUES_OWN ") return ;;\n"
	"\t" ARGS_VALUES_FILES ") _files; return ;;\n"
	"\t?*) compset -P '*,'; compadd -- ${=values}; return ;;\n"
	"\tesac\n"
	"\tcase $words[2] in\n";

static void print_zsh(void)
{
	fputs("#compdef beckon\n# made by `beckon completion zsh`\n", stdout);
	print_values();
	fputs("_beckon()\n{\n\tlocal option=$words[CURRENT-1] values\n\tlocal -a names\n"
	      "\tnames=(\n",
	      stdout);
	for (size_t i = 0; i < command_count; i++) {
		printf("\t\t'%s:", commands[i].name);
		print_zsh_text(commands[i].help);
		printf("'\n");
	}
	fputs(zsh_middle, stdout);
	for (size_t i = 0; i < command_count; i++) {
		if (!tells(&commands[i]))
			continue;
		printf("\t%s) compadd -- ", commands[i].name);
		ask(&commands[i], ARGS_WORDS);
		printf(" ;;\n");
	}
	fputs("\thelp) _describe command names ;;\n\tesac\n\t_files\n}\n_beckon \"$@\"\n", stdout);
}

static const struct args completion_args = {
	"completion",
	"bash|zsh",
	"Prints what a shell needs to complete beckon's commands and options.\n"
	"  beckon completion bash > /etc/bash_completion.d/beckon\n"
	"  beckon completion zsh > /usr/local/share/zsh/site-functions/_beckon",
	.operands = true,
};

int cmd_completion(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*print)(void);
	} shells[] = { { "bash", print_bash }, { "zsh", print_zsh } };
	struct arg_words words = { 0 };
	const char *shell;
	int status;

	if (args_end(&completion_args, argc, argv, NULL, &words, &status))
		return status;
	shell = words.operands.count == 1 ? words.operands.items[0] : "";
	for (size_t i = 0; i < ARRAY_LEN(shells); i++) {
		if (strcmp(shells[i].name, shell))
			continue;
		shells[i].print();
		return CLI_GOOD;
	}
	fprintf(stderr, "beckon completion: say bash or zsh\n");
	return CLI_USAGE;
}

/* ---- manual ---- */

/* name "" is the tool itself. */
static void print_name(const char *name, const char *help)
{
	printf(".TH BECKON%s%s 1 \"\" \"beckon %s\" \"beckon\"\n.SH NAME\nbeckon%s",
	       *name ? "-" : "", name, BECKON_VERSION, *name ? "\\-" : "");
	args_roff(name);
	printf(" \\- ");
	args_roff(help);
	printf("\n");
}

static void print_exit_codes(void)
{
	printf(".SH EXIT STATUS\n.nf\n");
	args_roff(cli_exit_codes);
	printf(".fi\n");
}

static void print_overview(void)
{
	print_name("", "invite people: by event in, by e-mail or SMS out");
	printf(".SH SYNOPSIS\n\\fBbeckon\\fR \\fICOMMAND\\fR [\\fIOPTION\\fR...]\n.SH COMMANDS\n");
	for (size_t i = 0; i < command_count; i++) {
		printf(".TP\n\\fBbeckon\\-");
		args_roff(commands[i].name);
		printf("\\fR(1)\n");
		args_roff(commands[i].help);
		printf("\n");
	}
	print_exit_codes();
	printf(".SH ENVIRONMENT\n.TP\n\\fBBECKON_CONFIG\\fR\nthe services' configuration "
	       "file\n.TP\n\\fBBECKON_TEMPLATES\\fR\nthe folder of templates\n.TP\n\\fBLC_ALL, "
	       "LC_MESSAGES, LANG\\fR\nthe language of answers: English, or Russian where they "
	       "say ru\n");
}

static void print_page(const struct command *c)
{
	if (!c) {
		print_overview();
		return;
	}
	print_name(c->name, c->help);
	ask(c, ARGS_MAN);
	print_exit_codes();
}

static const struct command *find(const char *name)
{
	for (size_t i = 0; i < command_count; i++)
		if (!strcmp(commands[i].name, name) && tells(&commands[i]))
			return &commands[i];
	return NULL;
}

/* Standard output becomes the page; the process ends with this command. */
static int write_page(const char *dir, const char *name, const struct command *c, struct err *e)
{
	autofree char *path = xasprintf("%s/beckon%s%s.1", dir, c ? "-" : "", name);

	if (!freopen(path, "w", stdout))
		return err_set(e, ERR_FATAL, "%s: %s", path, strerror(errno));
	print_page(c);
	return fflush(stdout) ? err_set(e, ERR_FATAL, "%s: %s", path, strerror(errno)) : OK;
}

static int write_pages(const char *dir, struct err *e)
{
	int r;

	if (mkdir(dir, 0755) < 0 && errno != EEXIST)
		return err_set(e, ERR_FATAL, "%s: %s", dir, strerror(errno));
	r = write_page(dir, "", NULL, e);
	for (size_t i = 0; i < command_count && r == OK; i++)
		if (tells(&commands[i]))
			r = write_page(dir, commands[i].name, &commands[i], e);
	return r;
}

struct man_options {
	const char *dir;
};

static const struct arg man_list[] = {
	{ "dir", ARG_TEXT, offsetof(struct man_options, dir), "DIR",
	  "write every page into this folder", 0, 0 },
};

static const struct args man_args = {
	"man",
	"[COMMAND] [OPTION...]",
	"Prints a manual page in man(7), of beckon or of one command: beckon man resend | man -l -",
	man_list,
	ARRAY_LEN(man_list),
	.operands = true,
};

int cmd_man(int argc, char **argv)
{
	struct man_options o = { 0 };
	struct arg_words words = { 0 };
	const struct command *c = NULL;
	struct err e;
	int status;

	if (args_end(&man_args, argc, argv, &o, &words, &status))
		return status;
	if (o.dir)
		return write_pages(o.dir, &e) ? cli_fail("man", ERR_FATAL, &e) : CLI_GOOD;
	if (words.operands.count && !(c = find(words.operands.items[0]))) {
		err_set(&e, ERR_INVALID, "there is no command '%.40s'", words.operands.items[0]);
		return cli_usage("man", &e);
	}
	print_page(c);
	return CLI_GOOD;
}
