// The runners are a table: name, subcommand, options that take a value, and where the rest begins.
#include "analyzer/graph/runners.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace mlgrade {
namespace {

struct Runner {
  std::string_view name;
  std::string_view subcommand;                    // must follow: "run"; empty: none
  std::array<std::string_view, 12> with_value{};  // options that take the next word
  int skip = 0;                                   // words between the options and the rest
  bool dashes = false;                            // the rest begins behind "--", wherever that is
  std::string_view starts = {};                   // the rest are arguments of this program
  bool elsewhere = false;
  bool uncertain = false;
};

constexpr Runner kRunners[] = {
    // The shell's own, and programs that change how another one runs.
    {"sudo", "", {"-u", "-g", "-D", "-C", "-h"}},
    {"doas", "", {"-u"}},
    {"gosu", "", {}, 1},
    {"su-exec", "", {}, 1},
    {"setpriv", ""},
    {"env", "", {"-u", "-C", "-S"}},
    {"time", "", {"-f", "-o"}},
    {"nice", "", {"-n"}},
    {"ionice", "", {"-c", "-n"}},
    {"nohup", ""},
    {"exec", "", {"-a"}},
    {"command", ""},
    {"builtin", ""},
    {"setsid", ""},
    {"stdbuf", "", {"-i", "-o", "-e"}},
    {"unbuffer", ""},
    {"timeout", "", {"-s", "-k", "--signal", "--kill-after"}, 1},
    {"gtimeout", "", {"-s", "-k"}, 1},
    {"taskset", "", {"-c", "--cpu-list"}, 0},
    {"numactl", "", {"-m", "-N", "-C"}},
    {"chrt", "", {}, 1},
    {"flock", "", {"-w", "-E"}, 1},
    {"xvfb-run", "", {"-s", "-n", "-e", "-f", "--server-args", "--server-num", "--error-file"}},
    {"catchsegv", ""},
    {"strace", "", {"-o", "-e"}},
    {"tini", "", {}, 0, true},
    {"dumb-init", ""},
    {"retry", "", {"-t", "-d", "--times", "--delay", "-n", "-s"}},
    {"wait-for-it", "", {}, 0, true},
    {"wait-for-it.sh", "", {}, 0, true},
    {"wait-for", "", {}, 0, true},
    {"dockerize", "", {"-wait", "-timeout", "-template", "-stdout", "-stderr", "-wait-retry-interval"}},
    {"xargs", "", {"-n", "-P", "-I", "-L", "-d", "-a", "-s", "-E"}, 0, false, "", false, true},
    {"parallel", "", {"-j", "-P", "--jobs", "-a", "--joblog"}, 0, false, "", false, true},
    // Environments of Python and others.
    {"poetry", "run", {"-C", "--directory", "-P", "--project"}},
    {"uv",
     "run",
     {"--with", "--extra", "--group", "--python", "-p", "--directory", "--project", "--env-file",
      "--with-requirements", "--no-group", "--index", "--package"}},
    {"uvx", "", {"--with", "--from", "--python", "-p"}},
    {"pipx", "run", {"--spec", "--python"}},
    {"pipenv", "run"},
    {"pdm", "run", {"-p", "--project"}},
    {"rye", "run"},
    {"rye", "test", {}, 0, false, "pytest"},
    {"hatch", "run", {"-e", "--env", "-p", "--project"}},
    {"hatch", "test", {"-p", "-py"}, 0, false, "pytest"},
    {"pixi", "run", {"-e", "--environment", "--manifest-path"}},
    {"conda", "run", {"-n", "-p", "--name", "--prefix", "--cwd"}},
    {"mamba", "run", {"-n", "-p", "--name", "--prefix"}},
    {"micromamba", "run", {"-n", "-p", "--name", "--prefix"}},
    {"dotenv", "run", {"-f"}},
    {"pyenv", "exec"},
    {"asdf", "exec"},
    {"mise", "exec", {}, 0, true},
    {"mise", "x", {}, 0, true},
    {"direnv", "exec", {}, 1},
    {"devbox", "run"},
    {"nix", "develop", {}, 0, true},
    {"npx", "", {"-p", "--package"}},
    {"npm", "exec", {"-p", "--package"}},
    {"bunx", ""},
    {"pnpm", "exec"},
    {"pnpm", "dlx"},
    {"yarn", "dlx"},
    {"bundle", "exec"},
    // Secrets and settings put into the environment.
    {"op", "run", {"--env-file"}},
    {"doppler", "run", {"-p", "-c", "--project", "--config", "--token"}},
    {"infisical", "run", {}, 0, true},
    {"dotenvx", "run", {"-f"}},
    {"chamber", "exec", {}, 0, true},
    {"aws-vault", "exec", {}, 0, true},
    {"sops", "exec-env", {}, 1},
    // Many processes.
    {"torchrun",
     "",
     {"--nproc_per_node", "--nnodes", "--node_rank", "--master_addr", "--master_port", "--nproc-per-node",
      "--rdzv_backend", "--rdzv_endpoint", "--rdzv-backend", "--rdzv-endpoint"},
     0,
     false,
     "python"},
    {"accelerate",
     "launch",
     {"--config_file", "--num_processes", "--num_machines", "--mixed_precision", "--gpu_ids"},
     0,
     false,
     "python"},
    {"deepspeed", "", {"--num_gpus", "--include", "--master_port"}, 0, false, "python"},
    {"mpirun", "", {"-n", "-np", "-H", "--host", "-hostfile", "--hostfile"}},
    {"mpiexec", "", {"-n", "-np"}},
    {"srun", "", {"-n", "-N", "-c", "-p", "-t", "-A"}},
    {"codecarbon", "run"},
    {"kernprof", "", {"-o"}, 0, false, "python"},
    {"slipcover", "", {"--out", "--source", "--omit"}, 0, false, "python"},
    // Containers and other machines: these options are those of docker and podman.
    {"docker", "exec", {"-e", "--env", "-u", "--user", "-w", "--workdir", "--env-file"}, 1, false, "", true},
    {"podman", "exec", {"-e", "--env", "-u", "--user", "-w", "--workdir", "--env-file"}, 1, false, "", true},
    {"kubectl", "exec", {}, 0, true, "", true},
    {"oc", "exec", {}, 0, true, "", true},
    {"devcontainer", "exec", {"--workspace-folder", "--config"}, 0, false, "", true},
    {"singularity", "exec", {"-B", "--bind", "--env", "--pwd"}, 1, false, "", true},
    {"apptainer", "exec", {"-B", "--bind", "--env", "--pwd"}, 1, false, "", true},
};

constexpr std::string_view kContainerOptions[] = {"-e",
                                                  "--env",
                                                  "--env-file",
                                                  "-v",
                                                  "--volume",
                                                  "-w",
                                                  "--workdir",
                                                  "-p",
                                                  "--publish",
                                                  "--name",
                                                  "--network",
                                                  "--net",
                                                  "-u",
                                                  "--user",
                                                  "--gpus",
                                                  "-m",
                                                  "--memory",
                                                  "--cpus",
                                                  "--shm-size",
                                                  "--mount",
                                                  "--platform",
                                                  "-l",
                                                  "--label",
                                                  "--add-host",
                                                  "--restart",
                                                  "--ulimit",
                                                  "--device",
                                                  "--ipc",
                                                  "--pull",
                                                  "-h",
                                                  "--hostname",
                                                  "--cidfile",
                                                  "--tmpfs",
                                                  "--runtime",
                                                  "--log-driver",
                                                  "--cap-add",
                                                  "--link",
                                                  "--dns",
                                                  "--expose",
                                                  "--pid",
                                                  "--userns",
                                                  "--volumes-from",
                                                  "--memory-swap",
                                                  "--security-opt",
                                                  "--entrypoint",
                                                  "-a",
                                                  "--attach",
                                                  "--health-cmd",
                                                  "--stop-signal",
                                                  "-f",
                                                  "--file",
                                                  "--project-directory",
                                                  "--profile",
                                                  "--index",
                                                  "--ansi"};

std::string_view base_name(std::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

template <typename List>
bool holds(const List& list, std::string_view text) {
  return std::find(std::begin(list), std::end(list), text) != std::end(list);
}

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789.smhd") == std::string_view::npos;
}

// Behind the options that begin at `i`; `-m` may name the module to start.
template <typename List>
size_t skip_options(std::span<const Word> words, size_t i, const List& with_value, bool python = false) {
  while (i < words.size() && words[i].text.size() > 1 && words[i].text[0] == '-') {
    const std::string& text = words[i].text;
    if (text == "--") return i + 1;
    if (python && text == "-m") return i;
    i += holds(with_value, text) ? 2 : 1;
  }
  return std::min(i, words.size());
}

size_t behind_dashes(const Runner& runner, std::span<const Word> words) {
  const bool nix = runner.name == "nix";
  for (size_t i = 1; i < words.size(); ++i) {
    const std::string& text = words[i].text;
    if (text == "--" || (nix && (text == "--command" || text == "-c"))) return i + 1;
  }
  return words.size();
}

// How many words the runner and its options take; 0 if `words` does not start with it.
size_t length_of(const Runner& runner, std::span<const Word> words) {
  if (base_name(words[0].text) != runner.name) return 0;
  const bool python = runner.starts == "python";
  size_t i = skip_options(words, 1, runner.with_value, python);
  if (!runner.subcommand.empty()) {
    if (i >= words.size() || words[i].text != runner.subcommand) return 0;
    i = skip_options(words, i + 1, runner.with_value, python);
  }
  if (runner.dashes) return behind_dashes(runner, words);
  // `timeout` without its number, `flock` without its file: nothing we know.
  if ((runner.name == "timeout" || runner.name == "gtimeout") && i < words.size() && words[i].literal &&
      !is_number(words[i].text)) {
    return i;
  }
  if (runner.skip > 0) i = skip_options(words, i + static_cast<size_t>(runner.skip), runner.with_value);
  while (i < words.size() && runner.name == "env" && words[i].text.find('=') != std::string::npos) ++i;
  return i;
}

bool is_mask(std::string_view text) { return text.find_first_not_of("0123456789,-xabcdef") == text.npos; }

// `docker run [options] image command`, `docker compose run [options] service command`: the command; empty if
// there is none or this is something else.
std::vector<Word> container_command(std::span<const Word> words) {
  const std::string_view program = base_name(words[0].text);
  const bool compose = program == "docker-compose" || program == "podman-compose";
  if (!compose && program != "docker" && program != "podman" && program != "nerdctl") return {};
  size_t i = skip_options(words, 1, kContainerOptions);
  bool inside = compose;
  if (!compose && i < words.size() && words[i].text == "compose") {
    inside = true;
    i = skip_options(words, i + 1, kContainerOptions);
  }
  if (!inside && i < words.size() && words[i].text == "container") ++i;
  const bool runs = i < words.size() && (words[i].text == "run" || (inside && words[i].text == "exec"));
  if (!runs) return {};
  const size_t options = i + 1;
  i = skip_options(words, options, kContainerOptions);  // the image or the service
  std::vector<Word> out;
  for (size_t k = options; k < i; ++k) {
    constexpr std::string_view kEntry = "--entrypoint";
    const std::string& text = words[k].text;
    if (text == kEntry && k + 1 < i) out.push_back(words[k + 1]);
    if (text.starts_with(kEntry) && text.size() > kEntry.size() + 1 && text[kEntry.size()] == '=')
      out.push_back({text.substr(kEntry.size() + 1), words[k].literal});
  }
  for (size_t k = i + 1; k < words.size(); ++k) out.push_back(words[k]);
  return out;
}

// `npx serverless@3.40.0`, `uvx ruff@0.4`, `pipx run black==24.1`: the program's name goes without its
// version.
void drop_version(std::string& program) {
  size_t at = program.find('@', 1);  // "@scope/name" begins with one
  if (at == std::string::npos) at = program.find("==");
  if (at != std::string::npos && at > 0 && program.find('/', at) == std::string::npos) program.erase(at);
}

// `hatch run env:command` and the separator of GNU parallel's arguments are no words of the command.
void clean(const Runner& runner, std::vector<Word>& rest) {
  static constexpr std::string_view kFetching[] = {"npx", "npm", "bunx", "pnpm", "yarn", "uvx", "pipx"};
  if (holds(kFetching, runner.name) && !rest.empty()) drop_version(rest[0].text);
  if (runner.name == "hatch" && runner.subcommand == "run" && !rest.empty()) {
    const size_t colon = rest[0].text.find(':');
    if (colon != std::string::npos && rest.size() > 1) rest[0].text.erase(0, colon + 1);
  }
  if (runner.name == "parallel") {
    std::erase_if(rest, [](const Word& word) { return word.text == ":::" || word.text == "{}"; });
  }
  if (runner.name == "taskset" && rest.size() > 1 && is_mask(rest[0].text)) rest.erase(rest.begin());
}

}  // namespace

RunnerUse take_runner(std::span<const Word> words) {
  RunnerUse use;
  if (words.empty()) return use;
  for (const Runner& runner : kRunners) {
    const size_t length = length_of(runner, words);
    const bool alone =
        length >= words.size();  // nothing is left to start, unless it names the program itself
    if (length == 0 || (alone && (runner.starts.empty() || runner.starts == "python"))) continue;
    use.name = runner.name;
    use.elsewhere = runner.elsewhere;
    use.uncertain = runner.uncertain;
    use.rest.assign(words.begin() + static_cast<long>(length), words.end());
    clean(runner, use.rest);
    if (!runner.starts.empty()) use.rest.insert(use.rest.begin(), Word{std::string(runner.starts), true});
    return use;
  }
  use.rest = container_command(words);
  if (!use.rest.empty()) {
    use.name = "container";
    use.elsewhere = true;
  }
  return use;
}

}  // namespace mlgrade
