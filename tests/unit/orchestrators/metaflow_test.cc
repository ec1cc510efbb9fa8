// Metaflow: steps in the order of self.next; run by hand, by CI, or deployed with a schedule.
#include "tests/support/how_reached.h"

namespace mlgrade {
namespace {

std::string flow(const std::string& decorator, const std::string& on_check = "") {
  return "from metaflow import FlowSpec, step, schedule, catch\n\n" + decorator +
         "class Train(FlowSpec):\n    @step\n    def start(self):\n        self.next(self.check)\n\n" +
         on_check +
         "    @step\n    def check(self):\n        assert self.rows\n        self.next(self.fit)\n\n"
         "    @step\n    def fit(self):\n        self.next(self.end)\n\n    @step\n    def end(self):\n"
         "        pass\n\nif __name__ == '__main__':\n    Train()\n";
}

TEST(Metaflow, RunReachesEveryStep) {
  const Reached repo({{"flow.py", flow("")}, on_push("python flow.py run --max-workers 2")});
  EXPECT_EQ(repo.runs("Train.fit"), "automatic");
  EXPECT_TRUE(repo.gates("Train.check", "Train.fit"));
  EXPECT_EQ(Reached({{"flow.py", flow("")}, on_push("python flow.py show")}).runs("Train.fit"),
            "nothing: the flow has no @schedule and no @trigger, and nothing runs `python flow.py run`");
}

TEST(Metaflow, AScheduleNeedsADeployment) {
  const std::string scheduled = flow("@schedule(daily=True)\n");
  EXPECT_EQ(Reached({{"flow.py", scheduled}}).runs("Train.fit"),
            "manual: nothing in the repository applies or deploys it: @schedule");
  EXPECT_EQ(Reached({{"flow.py", scheduled}, on_push("python flow.py --with retry argo-workflows create")})
                .runs("Train.fit"),
            "automatic");
  EXPECT_EQ(
      Reached({{"flow.py", flow("")}, on_push("python flow.py step-functions create")}).runs("Train.fit"),
      "manual: deployment Train waits for a person: the flow has no @schedule and no @trigger");
}

TEST(Metaflow, CatchLetsTheFlowGoOn) {
  const Reached repo({{"flow.py", flow("", "    @catch(var='e')\n")}, on_push("python flow.py run")});
  EXPECT_EQ(repo.runs("Train.check"), "automatic swallowed");
  EXPECT_FALSE(repo.gates("Train.check", "Train.fit"));
}

}  // namespace
}  // namespace mlgrade
