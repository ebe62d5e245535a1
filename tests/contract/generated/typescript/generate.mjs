// Writes a module of types for each schema of the folder that is named first.
import { compileFromFile } from "json-schema-to-typescript";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

for (const name of readdirSync(process.argv[2]).filter((file) => /^bank\..*\.json$/.test(file))) {
  const types = await compileFromFile(join(process.argv[2], name));
  writeFileSync(name.replace(/\.json$/, "").replaceAll(".", "_") + ".ts", types);
}
