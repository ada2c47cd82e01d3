using System.Text;
using CsCheck;
using Glossa.Training.Checkpoints;
using Glossa.Training.Optimizers;
using Glossa.Training.Safetensors;
using NUnit.Framework;

namespace Glossa.Training.Tests.Checkpoints;

public class CheckpointStoreTests
{
    private string _folder = "";

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("glossa-checkpoints-").FullName;

    [TearDown]
    public void DeleteFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void RestoreLatest_InNewObjects_ContinuesBitForBit()
    {
        using ToyRun whole = new();
        whole.Train(40);

        using (ToyRun first = new())
        {
            first.Train(17);
            Save(first);
        }
        using ToyRun second = new();
        RestoreResult result = Store().RestoreLatest(second.State);
        second.Resume(result.Checkpoint!);
        second.Train(40 - 17);

        Assert.That(result.Warnings, Is.Empty);
        Assert.That(result.Checkpoint!.Step, Is.EqualTo(17));
        Assert.That(result.Checkpoint.Run.GetProperty("phase").GetString(), Is.EqualTo("first \"quoted\" é"));
        Assert.That(second.Bits(), Is.EqualTo(whole.Bits()));
        Assert.That(second.State.Optimizer.StepCount, Is.EqualTo(40));
        Assert.That(second.State.Average!.Updates, Is.EqualTo(40));
    }

    [Test]
    public void Save_SameState_WritesTheSameBytes()
    {
        using ToyRun run = new();
        run.Train(3);
        byte[] once = File.ReadAllBytes(Save(run)), again = File.ReadAllBytes(Save(run));
        Assert.That(again, Is.EqualTo(once));
    }

    [Test]
    public void RestoreLatest_EmptyOrMissingFolder_FindsNothing()
    {
        using ToyRun run = new();
        int[] before = run.Bits();
        RestoreResult result = new CheckpointStore(Path.Combine(_folder, "none")).RestoreLatest(run.State);
        Assert.That(result.Checkpoint, Is.Null);
        Assert.That(result.Warnings, Is.Empty);
        Assert.That(run.Bits(), Is.EqualTo(before));
    }

    [Test]
    public void RestoreLatest_NewestTruncated_FallsBackWithWarning()
    {
        using ToyRun run = new();
        (string older, string newest) = SaveTwo(run);
        using (FileStream file = File.OpenWrite(newest)) file.SetLength(file.Length / 2);

        RestoreResult result = Store().RestoreLatest(run.State);

        Assert.That(result.Checkpoint!.Path, Is.EqualTo(older));
        Assert.That(run.State.Optimizer.StepCount, Is.EqualTo(5));
        Assert.That(result.Warnings.Single(), Does.StartWith(newest).And.Contain("damaged"));
    }

    [Test]
    public void RestoreLatest_AnyByteChangedOrCut_IsNoticed()
    {
        using ToyRun run = new();
        (string older, string newest) = SaveTwo(run);
        byte[] good = File.ReadAllBytes(newest);
        Gen.Select(Gen.Int[0, good.Length - 1], Gen.Int[1, 255], Gen.Bool).Sample((position, flip, cut) =>
        {
            byte[] bad = cut ? good[..position] : (byte[])good.Clone();
            if (!cut) bad[position] ^= (byte)flip;
            File.WriteAllBytes(newest, bad);
            return Store().RestoreLatest(run.State).Checkpoint!.Path == older;
        }, iter: 100, threads: 1);
    }

    [Test]
    public void RestoreLatest_AllDamaged_StartsAfreshWithWarnings()
    {
        using ToyRun run = new();
        (string older, string newest) = SaveTwo(run);
        File.WriteAllText(older, "");
        File.WriteAllText(newest, "not a checkpoint at all");
        RestoreResult result = Store().RestoreLatest(run.State);
        Assert.That(result.Checkpoint, Is.Null);
        Assert.That(result.Warnings, Has.Count.EqualTo(2));
    }

    [Test]
    public void RestoreLatest_LeftoverOfAKilledSave_IsDeleted()
    {
        using ToyRun run = new();
        string saved = Save(run), leftover = saved + ".123" + AtomicFile.TemporarySuffix;
        File.WriteAllText(leftover, "half");
        Assert.That(Store().RestoreLatest(run.State).Checkpoint!.Path, Is.EqualTo(saved));
        Assert.That(File.Exists(leftover), Is.False);
    }

    [Test]
    public void RestoreLatest_OtherShape_IsRefusedAndLeavesTheState()
    {
        using ToyRun run = new();
        Save(run);
        using ToyRun other = new(outputs: 10);
        int[] before = other.Bits();
        InputException e = Assert.Throws<InputException>(() => Store().RestoreLatest(other.State))!;
        Assert.That(e.Message, Does.Contain("'parameter/linear' is F32 [12, 24], this run's is F32 [10, 24]"));
        Assert.That(other.Bits(), Is.EqualTo(before));
    }

    [Test]
    public void RestoreLatest_OtherOptimizerKinds_IsRefused()
    {
        using ToyRun run = new(new OptimizerOptions { Groups = [new() { Kind = OptimizerKind.Sgd }] });
        Save(run);
        using ToyRun other = new(new OptimizerOptions { Groups = [new() { Kind = OptimizerKind.Muon }, new() { Kind = OptimizerKind.Sgd }] });
        Assert.That(() => Store().RestoreLatest(other.State), Throws.TypeOf<InputException>().With.Message.Contains("assigned its rules"));
    }

    [Test]
    public void RestoreLatest_OtherVersion_IsRefused()
    {
        using ToyRun run = new();
        string path = Save(run);
        byte[] bytes = File.ReadAllBytes(path);
        byte[] from = Encoding.ASCII.GetBytes("\"glossa.checkpoint\":\"1\""), to = Encoding.ASCII.GetBytes("\"glossa.checkpoint\":\"9\"");
        to.CopyTo(bytes, bytes.AsSpan().IndexOf(from));
        File.WriteAllBytes(path, WithFreshHash(bytes));
        Assert.That(() => Store().RestoreLatest(run.State), Throws.TypeOf<InputException>().With.Message.Contains("format version 9, this program reads 1"));
    }

    [Test]
    public void Save_ManyTimes_KeepsTheNewestAndDropsLaterSteps()
    {
        using ToyRun run = new();
        CheckpointStore store = new(_folder, keep: 2);
        store.Save(run.State, 900, run.RunState);
        foreach (long step in (long[])[1, 2, 3, 4]) store.Save(run.State, step, run.RunState);
        Assert.That(Directory.GetFiles(_folder).Select(Path.GetFileName).Order(), Is.EqualTo((string[])["step-000000000003.safetensors", "step-000000000004.safetensors"]));
        store.Clear();
        Assert.That(Directory.GetFiles(_folder), Is.Empty);
    }

    [Test]
    public void Save_UnwritableFolder_SaysSo()
    {
        using ToyRun run = new();
        string file = Path.Combine(_folder, "file");
        File.WriteAllText(file, "");
        Assert.That(() => new CheckpointStore(file).Save(run.State, 1, run.RunState), Throws.TypeOf<WorkException>().With.Message.Contains(file));
    }

    [Test]
    public void Save_File_IsReadableSafetensors()
    {
        using ToyRun run = new();
        run.Train(2);
        using SafetensorsReader reader = SafetensorsReader.Open(Save(run));
        Assert.That(reader.ReadFloats("parameter/gain"), Is.EqualTo(run.State.Parameters.Slice(run.State.Layout["gain"]).ToArray()));
        Assert.That(reader.Metadata["step"], Is.EqualTo("2"));
    }

    private static byte[] WithFreshHash(byte[] file)
    {
        byte[] marker = Encoding.ASCII.GetBytes("\"sha256\":\"");
        Span<byte> digits = file.AsSpan(file.AsSpan().IndexOf(marker) + marker.Length, 64);
        digits.Fill((byte)'0');
        byte[] hash = System.Security.Cryptography.SHA256.HashData(file);
        Encoding.ASCII.GetBytes(Convert.ToHexStringLower(hash)).CopyTo(digits);
        return file;
    }

    private CheckpointStore Store() => new(_folder);

    private string Save(ToyRun run) => Store().Save(run.State, run.Step, run.RunState);

    private (string Older, string Newest) SaveTwo(ToyRun run)
    {
        run.Train(5);
        string older = Save(run);
        run.Train(5);
        return (older, Save(run));
    }
}
