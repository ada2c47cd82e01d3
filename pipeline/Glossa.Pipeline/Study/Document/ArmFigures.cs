using Glossa.Pipeline.Study.Plan;
using Glossa.Pipeline.Study.Results;

namespace Glossa.Pipeline.Study.Document;

/// <summary>An arm with its finished cells.</summary>
/// <param name="Arm">The arm.</param>
/// <param name="Cells">Its cells by seed, one at least.</param>
internal sealed record ArmFigures(StudyArm Arm, IReadOnlyList<CellResult> Cells)
{
    /// <summary>Its name.</summary>
    public string Name => Arm.Name;

    /// <summary>UTF-8 bytes of different training text, mean over seeds.</summary>
    public double UniqueBytes { get; } = Cells.Average(cell => (double)cell.Training.UniqueBytes);

    /// <summary>Tokens predicted, mean over seeds.</summary>
    public double Tokens { get; } = Cells.Average(cell => (double)cell.Training.Tokens);

    /// <summary>Trainable scalars.</summary>
    public long Parameters => Cells[0].Training.Parameters;

    /// <summary>Mean over languages and seeds, bits per byte, valid split.</summary>
    public double Valid { get; } = Cells.Average(cell => cell.Valid.BitsPerByte.Values.Average());

    /// <summary>Means over languages by seed, bits per byte, test split.</summary>
    public IReadOnlyList<double> TestBySeed { get; } = [.. Cells.Select(cell => cell.Test.BitsPerByte.Values.Average())];

    /// <summary>Mean over languages and seeds, bits per byte, test split.</summary>
    public double Test => TestBySeed.Average();

    /// <summary>Figures of the test split, [seed][language].</summary>
    public double[][] Matrix(CommonGround ground) =>
        [.. ground.Seeds.Select(seed => Cells.First(cell => cell.Seed == seed)).Select(cell => ground.Languages.Select(language => cell.Test.BitsPerByte[language]).ToArray())];
}

/// <summary>The seeds and languages that several arms share: figures are paired over them.</summary>
/// <param name="Seeds">The seeds.</param>
/// <param name="Languages">The languages.</param>
internal sealed record CommonGround(IReadOnlyList<long> Seeds, IReadOnlyList<string> Languages)
{
    /// <summary>What arms share; null where they share no seed or no language.</summary>
    public static CommonGround? Of(params IReadOnlyList<ArmFigures> arms)
    {
        long[] seeds = [.. arms[0].Cells.Select(cell => cell.Seed).Where(seed => arms.All(arm => arm.Cells.Any(cell => cell.Seed == seed))).Order()];
        CellResult[] cells = [.. arms.SelectMany(arm => arm.Cells.Where(cell => seeds.Contains(cell.Seed)))];
        string[] languages = cells.Length == 0 ? []
            : [.. cells[0].Test.BitsPerByte.Keys.Where(language => cells.All(cell => cell.Test.BitsPerByte.ContainsKey(language))).Order(StringComparer.Ordinal)];
        return languages.Length == 0 ? null : new CommonGround(seeds, languages);
    }
}
