namespace Glossa.KillTest;

/// <summary>When to kill: a share of the stage's usual time after it started (a little over 1 hits its end and its publishing).</summary>
/// <param name="Stage">Name of the stage, or <see cref="KillPlan.StartUp"/>.</param>
/// <param name="Share">0 is the moment the stage starts.</param>
internal sealed record KillMoment(string Stage, double Share);

/// <summary>Seeded moments, spread over all stages; half of them fall into training, where most of the state is.</summary>
internal static class KillPlan
{
    /// <summary>The time before the first stage.</summary>
    public const string StartUp = "start-up";

    /// <summary>The stage that gets half of the moments.</summary>
    public const string Training = "train";

    private const double Latest = 1.15;

    /// <summary>What a run goes through, in order.</summary>
    public static IReadOnlyList<string> Places { get; } =
        [StartUp, "ingest", "languages", "budget", "tokenizer", "model", Training, "evaluate", "export", "report"];

    /// <summary>The moments in the order of a run.</summary>
    public static IReadOnlyList<KillMoment> Draw(ulong seed, int count)
    {
        SeededRandom random = new(seed);
        string[] others = [.. Places.Where(place => place != Training)];
        random.Shuffle<string>(others);
        return
        [
            .. Enumerable.Range(0, count)
                .Select(i => new KillMoment(i % 2 == 0 ? Training : others[i / 2 % others.Length], random.NextDouble() * Latest))
                .OrderBy(moment => Order(moment.Stage)).ThenBy(moment => moment.Share),
        ];
    }

    /// <summary>Position of a place in a run.</summary>
    public static int Order(string place) => Places.TakeWhile(known => known != place).Count();
}
