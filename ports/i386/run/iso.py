# SPDX-License-Identifier: 0BSD
"""A CD with GRUB, the kernel and its modules: the same ELF file by another loader."""
import os
import shutil
import subprocess

from guest import Problem

# What GRUB needs to read a CD and start a multiboot kernel; all of GRUB is ten times larger.
GRUB_MODULES = 'normal multiboot iso9660 part_msdos biosdisk'
PATIENCE_S = 120.0


def _find():
    for name in ('grub-mkrescue', 'grub2-mkrescue'):
        if path := shutil.which(name):
            break
    else:
        raise Problem('grub-mkrescue is not installed; on Debian: apt-get install grub-pc-bin '
                      'grub-common xorriso mtools', 3)
    for tool in ('xorriso', 'mformat'):
        if not shutil.which(tool):
            raise Problem(f'{tool} is not installed, and grub-mkrescue needs it; on Debian: '
                          'apt-get install xorriso mtools', 3)
    return path


def _quoted(text):
    """A word of grub.cfg."""
    return "'" + text.replace("'", "'\\''") + "'"


def config(words, modules):
    """grub.cfg. No `serial` or `terminal_output`: GRUB then leaves the serial line alone."""
    lines = ['set timeout=0', 'multiboot /kernel.elf ' + ' '.join(map(_quoted, words))]
    lines += [f'module /module{i} {_quoted(module.word)}' for i, module in enumerate(modules)]
    return '\n'.join(line.rstrip() for line in lines + ['boot']) + '\n'


def make(guest, folder):
    """Writes the image into `folder`, and answers its path. Problem with what the tool said."""
    tool = _find()
    tree = os.path.join(folder, 'tree')
    image = os.path.join(folder, 'lookaside.iso')
    os.makedirs(os.path.join(tree, 'boot/grub'))
    shutil.copyfile(guest.kernel, os.path.join(tree, 'kernel.elf'))
    for i, module in enumerate(guest.modules):
        shutil.copyfile(module.path, os.path.join(tree, f'module{i}'))
    with open(os.path.join(tree, 'boot/grub/grub.cfg'), 'w', encoding='utf-8') as file:
        file.write(config(guest.words, guest.modules))
    made = subprocess.run([tool, f'--install-modules={GRUB_MODULES}', '--fonts=', '--locales=',
                           '--themes=', '-o', image, tree], stdin=subprocess.DEVNULL, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
                          timeout=PATIENCE_S)
    if made.returncode != 0 or not os.path.exists(image):
        raise Problem(f'grub-mkrescue failed with {made.returncode}:\n{made.stdout.strip()}')
    return image
