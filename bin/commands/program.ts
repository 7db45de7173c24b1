import { Command, CommanderError, Option } from "commander";
import { addAccounts } from "./accounts.ts";
import { sentenceOf, UsageError } from "./failures.ts";
import { addKeys } from "./keys.ts";
import { addLedger } from "./ledger.ts";
import { addModels } from "./models.ts";
import { addReports } from "./reports.ts";
import { addRequests } from "./requests.ts";
import type { Io, Session, Stores } from "./session.ts";
import { openLocal, openStack } from "./stores.ts";
import { addUsage } from "./usage.ts";

const DONE = 0;
const FAILED = 1;
const MISUSED = 2;

interface GlobalOptions {
  readonly json?: true;
  readonly stack?: string;
  readonly local?: string | true;
}

/**
 * The operator's command line. What was asked for goes to `io.out`, everything else to `io.err`.
 * @returns the exit code: 0 done, 1 failed or found bad, 2 not understood.
 */
export async function run(argv: readonly string[], io: Io): Promise<number> {
  const program = makeProgram(io);
  let stores: Stores | undefined;
  let exitCode = DONE;
  const session: Session = {
    io,
    isLocal: () => program.opts<GlobalOptions>().stack === undefined,
    async stores() {
      stores ??= await openStores(program.opts<GlobalOptions>(), io);
      return stores;
    },
    answers:
      (work) =>
      async (...args) => {
        const { json, text, bad } = await work(...args);
        io.out(`${program.opts<GlobalOptions>().json ? JSON.stringify(json, null, 2) : text}\n`);
        if (bad) exitCode = FAILED;
      },
  };
  for (const add of [addAccounts, addKeys, addModels, addRequests, addLedger, addReports, addUsage])
    add(program, session);
  try {
    await program.parseAsync(withoutBareLocal(argv, program), { from: "user" });
    return exitCode;
  } catch (error) {
    // Commander has said already what it did not understand.
    if (error instanceof CommanderError) return error.exitCode === 0 ? DONE : MISUSED;
    io.err(`error: ${sentenceOf(error)}\n`);
    return error instanceof UsageError ? MISUSED : FAILED;
  } finally {
    stores?.close();
  }
}

function makeProgram(io: Io): Command {
  return new Command("npm run -s cli --")
    .description("WLRouter's operator command line")
    .option("--json", "print JSON, for machines")
    .addOption(new Option("--stack <name>", "the stack in AWS, reached with your own AWS credentials"))
    .addOption(
      new Option(
        "--local [folder]",
        "the server on this machine, by its data folder: WLROUTER_DATA or .wlrouter (the default)",
      ).conflicts("stack"),
    )
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => io.out(text),
      writeErr: (text) => io.err(text),
      outputError: (text, write) =>
        write(`${text.trim().replaceAll("\n", " ")} (--help shows how to say it)\n`),
    })
    .exitOverride();
}

function openStores({ stack, local }: GlobalOptions, io: Io): Promise<Stores> {
  if (stack !== undefined) return openStack(stack);
  return openLocal(typeof local === "string" ? local : (io.env["WLROUTER_DATA"] ?? ".wlrouter"));
}

/** `--local accounts list` names no folder "accounts": it says what is the default anyway. */
function withoutBareLocal(argv: readonly string[], program: Command): string[] {
  const nouns = program.commands.map((command) => command.name());
  return argv.filter((argument, index) => argument !== "--local" || !nouns.includes(argv[index + 1] ?? ""));
}
