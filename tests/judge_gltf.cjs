// Asks Khronos' validator about every glb whose path comes in on standard input; answers with JSON.
const fs = require("fs");
const zlib = require("zlib");
const validator = require(process.argv[2]);

(async () => {
  const answers = {};
  for (const file of fs.readFileSync(0, "utf8").split("\n").filter(Boolean)) {
    let content = fs.readFileSync(file);
    if (content[0] === 0x1f && content[1] === 0x8b) content = zlib.gunzipSync(content);
    const report = await validator.validateBytes(new Uint8Array(content), { maxIssues: 20 });
    answers[file] = report.issues.messages;
  }
  console.log(JSON.stringify(answers));
})();
