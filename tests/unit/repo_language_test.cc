// Languages by name, ending, folder and #!.
#include <gtest/gtest.h>

#include "analyzer/repo/repo.h"

namespace mlgrade {
namespace {

TEST(DetectLanguage, KnowsNamesAndEndings) {
  const std::pair<const char*, Language> cases[] = {
      {"src/train.py", Language::kPython},
      {"stubs/x.pyi", Language::kPython},
      {"nb/Explore.ipynb", Language::kNotebook},
      {".github/workflows/ci.yml", Language::kYaml},
      {"a.yaml", Language::kYaml},
      {"dvc.lock", Language::kYaml},
      {"model.pkl.dvc", Language::kYaml},
      {"MLproject", Language::kYaml},
      {"package.json", Language::kJson},
      {"package-lock.json", Language::kLock},
      {"frontend/yarn.lock", Language::kLock},
      {"poetry.lock", Language::kLock},
      {"uv.lock", Language::kLock},
      {"pdm.lock", Language::kLock},
      {"Pipfile.lock", Language::kLock},
      {"conda-lock.yml", Language::kLock},
      {"Pipfile", Language::kToml},
      {"pyproject.toml", Language::kToml},
      {"setup.cfg", Language::kIni},
      {"tox.ini", Language::kIni},
      {"pytest.ini", Language::kIni},
      {".coveragerc", Language::kIni},
      {".env", Language::kIni},
      {".dvc/config", Language::kIni},
      {"requirements.txt", Language::kRequirements},
      {"requirements-dev.txt", Language::kRequirements},
      {"requirements.in", Language::kRequirements},
      {"dev-requirements.txt", Language::kRequirements},
      {"requirements/prod.txt", Language::kRequirements},
      {"docker/constraints.txt", Language::kRequirements},
      {"notes.txt", Language::kText},
      {"README", Language::kText},
      {"LICENSE", Language::kText},
      {"docs/index.rst", Language::kText},
      {"README.md", Language::kMarkdown},
      {"Dockerfile", Language::kDockerfile},
      {"Dockerfile.gpu", Language::kDockerfile},
      {"serve.dockerfile", Language::kDockerfile},
      {"Containerfile", Language::kDockerfile},
      {"Dockerfile.dockerignore", Language::kOther},
      {"Makefile", Language::kMakefile},
      {"GNUmakefile", Language::kMakefile},
      {"rules.mk", Language::kMakefile},
      {".github/CODEOWNERS", Language::kCodeowners},
      {"main.tf", Language::kHcl},
      {"Jenkinsfile", Language::kGroovy},
      {"ci.groovy", Language::kGroovy},
      {"run.sh", Language::kShell},
      {"R/model.R", Language::kR},
      {"src/Model.jl", Language::kJulia},
      {"src/main/scala/Job.scala", Language::kScala},
      {"src/main/java/App.java", Language::kJava},
      {"app/Main.kt", Language::kKotlin},
      {"cmd/serve/main.go", Language::kGo},
      {"src/lib.rs", Language::kRust},
      {"Program.cs", Language::kCSharp},
      {"App.swift", Language::kSwift},
      {"train.m", Language::kMatlab},
      {"fast.pyx", Language::kCython},
      {"ci/test.ps1", Language::kPowerShell},
      {"build.cmd", Language::kBatch},
      {"web/App.vue", Language::kJavaScript},
      {"kernel.cu", Language::kCpp},
      {"query.sql", Language::kSql},
      {"app.tsx", Language::kJavaScript},
      {"model.pkl", Language::kBinary},
      {"plot.PNG", Language::kBinary},
      {"data.csv", Language::kOther},
      {"config.yaml.j2", Language::kOther},
      {"config.yaml.template", Language::kOther},
      {"ci.yml.disabled", Language::kYaml},
      {".env.example", Language::kIni},
  };
  for (const auto& [path, language] : cases) {
    EXPECT_EQ(static_cast<int>(detect_language(path)), static_cast<int>(language)) << path;
  }
}

TEST(DetectLanguage, AsksTheFirstLineOnlyWhereTheNameDoesNotTell) {
  EXPECT_EQ(detect_language("bin/train", "#!/usr/bin/env python3"), Language::kPython);
  EXPECT_EQ(detect_language("bin/train", "#!/usr/bin/env -S uv run --script"), Language::kPython);
  EXPECT_EQ(detect_language("entrypoint", "#!/bin/bash -e"), Language::kShell);
  EXPECT_EQ(detect_language("score", "#! /usr/bin/Rscript --vanilla\r"), Language::kR);
  EXPECT_EQ(detect_language("a.md", "#!/bin/sh"), Language::kMarkdown);
  EXPECT_EQ(detect_language("bin/train", "import os"), Language::kOther);
  EXPECT_EQ(detect_language("", "#!"), Language::kOther);
}

}  // namespace
}  // namespace mlgrade
