using System.CommandLine;
using Glossa;
using Glossa.KillTest;

Option<ulong> seed = new("--seed") { Description = "Seed of the moments", DefaultValueFactory = _ => 1 };
Option<int> kills = new("--kills") { Description = "How many times to kill", DefaultValueFactory = _ => 20 };
Option<string?> config = new("--config") { HelpName = "FILE", Description = "Configuration of the runs [default: four languages, seconds of training]" };
Option<string?> work = new("--work") { HelpName = "DIR", Description = "Empty folder for the runs [default: a temporary one, deleted when all is well]" };
Option<bool> separate = new("--separate") { Description = "A new run folder for every kill, instead of killing one run again and again" };
RootCommand root = new("Kills `glossa run` with SIGKILL at seeded moments, resumes it, and compares the model with an uninterrupted run's, bit for bit.")
{
    seed, kills, config, work, separate,
};
root.SetAction(result =>
{
    string? chosen = result.GetValue(work);
    string folder = chosen ?? Directory.CreateTempSubdirectory("glossa-kill-").FullName;
    try
    {
        KillCampaign campaign = new(result.GetValue(config) ?? FourLanguageRun.Write(folder), folder, Console.Out);
        bool same = campaign.Run(KillPlan.Draw(result.GetValue(seed), result.GetValue(kills)), result.GetValue(separate));
        if (same && chosen is null) Directory.Delete(folder, recursive: true);
        else Console.WriteLine($"the runs are in {folder}");
        return same ? 0 : 1;
    }
    catch (GlossaException e)
    {
        Console.Error.WriteLine("error: " + e.Message);
        return e.ExitCode;
    }
});
return root.Parse(args).Invoke();
